{# Findings of data quality: what all of their models have in common. #}

{# A column of a rule, such as its threshold. #}
{% macro of_rule(rule, column) -%}
    (select {{ column }} from {{ source('registry', 'rule') }} where rule_id = '{{ rule }}')
{%- endmacro %}

{# The feeds that hand in figures themselves, not rows from which figures are counted, as a list for `in`. #}
{% macro reporting_feeds() -%}
    {% set feeds = [] -%}
    {% for model in observation_models() if model.startswith('stg_') -%}
        {% do feeds.append("'" ~ model.removeprefix('stg_') ~ "'") -%}
    {% endfor -%}
    ({{ feeds | join(', ') }})
{%- endmacro %}

{# The feeds of departmental returns in long form, as a list for `in`. #}
{% macro return_feeds() -%}
    {% set feeds = [] -%}
    {% for model in observation_models() if model.startswith('stg_') and model.split('_')[-1] in ('month', 'quarter', 'year') -%}
        {% do feeds.append("'" ~ model.removeprefix('stg_') ~ "'") -%}
    {% endfor -%}
    ({{ feeds | join(', ') }})
{%- endmacro %}

{# The key of a figure in the table of submissions, without the file. #}
{% macro same_figure(a, b) -%}
    {{ a }}.feed_id = {{ b }}.feed_id
    and {{ a }}.source_code = {{ b }}.source_code
    and {{ a }}.region_id = {{ b }}.region_id
    and {{ a }}.period_id = {{ b }}.period_id
{%- endmacro %}

{# A number as people write it: whole where it is large, else with two decimals; in full where it is absurd. #}
{% macro number_text(column) -%}
    case
        when abs({{ column }}) >= 1000000000000000 then cast({{ column }} as varchar)
        when {{ column }} = floor({{ column }}) or abs({{ column }}) >= 1000 then {{ thousands(column) }}
        else cast(cast(round({{ column }}, 2) as decimal(18, 2)) as varchar)
    end
{%- endmacro %}

{# Figures that `found` holds by rule, measure, region and period, as findings of the units that answer for them. #}
{% macro figure_findings() -%}
select
    f.rule_id,
    s.feed_id,
    f.measure_id,
    f.region_id,
    u.unit_id,
    f.period_id,
    cast(null as varchar) as file_id,
    cast(null as integer) as row_number,
    f.value,
    f.expected,
    1 as cells,
    f.detail_zh,
    f.detail_en
from found as f
inner join {{ ref('source_of_measure') }} as s
    on f.measure_id = s.measure_id and s.priority = 1
left join {{ ref('region_unit_span') }} as u
    on
        f.region_id = u.region_id
        and f.period_end between u.valid_from and u.valid_to
{%- endmacro %}

{# Habits that `found` holds by measure and unit, each as one finding in the newest period that shows it. #}
{% macro habit_findings(rule) -%}
select
    '{{ rule }}' as rule_id,
    s.feed_id,
    f.measure_id,
    f.region_id,
    f.region_id as unit_id,
    p.period_id,
    cast(null as varchar) as file_id,
    cast(null as integer) as row_number,
    f.value,
    f.expected,
    f.cells,
    f.detail_zh,
    f.detail_en
from found as f
inner join {{ source('registry', 'measure') }} as m
    on f.measure_id = m.measure_id
inner join {{ ref('source_of_measure') }} as s
    on f.measure_id = s.measure_id and s.priority = 1
inner join {{ source('registry', 'period') }} as p
    on f.newest_end = p.end_date and {{ base_grain('m.frequency') }} = p.grain
{%- endmacro %}
