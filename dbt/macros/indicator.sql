{# Numerator and denominator of the indicators of some transforms, for every region and period.
   x = numerator / denominator, or the numerator alone. 0/0 and x/0 are no value. #}
{% macro indicator_terms(transforms) -%}
    {% for window in ['period', 'year_to_date'] %}
    {% set figures = term_figures(window) %}
    select
        i.indicator_id,
        i.version,
        n.region_id,
        i.period_id,
        i.period_end,
        i.grain,
        i.ordinal,
        i.lag,
        i.in_validity,
        i.factor,
        i.transform,
        i.parent,
        i.direction,
        i.target,
        i.warn,
        i.low,
        i.high,
        i.target_illustrative,
        n.value as numerator,
        d.value as denominator,
        case when i.denominator is null then n.value else n.value / d.value end as x,
        least(n.present / n.expected, coalesce(d.present / d.expected, 1.0)) as coverage,
        n.flags | coalesce(d.flags, 0) | i.flags as flags,
        greatest(n.known_on, coalesce(d.known_on, n.known_on)) as known_on
    from {{ ref('indicator_period') }} as i
    inner join {{ figures }} as n
        on
            i.numerator = n.measure_id
            and i.period_id = n.period_id
            and n.in_force
    left join {{ figures }} as d
        on
            i.denominator = d.measure_id
            and n.region_id = d.region_id
            and i.period_id = d.period_id
            and d.in_force
    where
        i.accumulation = '{{ window }}'
        and i.transform in ({% for t in transforms %}'{{ t }}'{{ ', ' if not loop.last }}{% endfor %})
        and (i.denominator is null or d.value <> 0)
        and {{ in_delta('indicator_part', ['i.indicator_id', 'i.version', 'i.period_id'], ['indicator_id', 'version', 'period_id']) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
{%- endmacro %}

{# The figures that indicators are made of, by the window over which they count; in a delta build those of the indicators that it makes again. #}
{% macro term_figures(window) -%}
    {% set figures = {'period': ref('measure_value'), 'year_to_date': ref('measure_to_date')}[window] -%}
    {{ 'delta.figure_' ~ window if is_delta() else figures }}
{%- endmacro %}

{# Before a delta build makes indicators: one look through all figures for those they are made of. #}
{% macro gather_terms() -%}
    {% if is_delta() -%}
    {% for window, figures in [('period', ref('measure_value')), ('year_to_date', ref('measure_to_date'))] -%}
    create table delta.figure_{{ window }} as
    select *
    from {{ figures }}
    where (measure_id, period_id) in (select t.measure_id, t.period_id from delta.term as t where t.accumulation = '{{ window }}');
    {% endfor -%}
    {%- endif %}
{%- endmacro %}

{# The columns that every branch of `indicator_value` hands on to the target. #}
{% macro indicator_keys(relation) -%}
    {% for column in ['indicator_id', 'version', 'region_id', 'period_id', 'period_end', 'direction', 'target', 'warn', 'low', 'high',
        'target_illustrative'] -%}
        {{ relation }}.{{ column }},
    {% endfor %}
{%- endmacro %}

{# Before a delta build picks the newest figures: the indicators of which any moved. #}
{% macro gather_latest() -%}
    {% if is_delta() -%}
    create table delta.latest as select distinct indicator_id from delta.series
    {%- endif %}
{%- endmacro %}
