{# A decade's figures (a census) are kept at the year they fall in. #}
{% macro base_grain(frequency) -%}
    case {{ frequency }} when 'decade' then 'year' else {{ frequency }} end
{%- endmacro %}

{# How many periods of a grain make a year. #}
{% macro periods_a_year(grain) -%}
    case {{ grain }} when 'month' then 12 when 'quarter' then 4 when 'half' then 2 else 1 end
{%- endmacro %}

{# The figure that a rule makes of a group's aggregates. #}
{% macro by_rule(rule, total, highest, lowest, cells) -%}
    case {{ rule }}
        when 'sum' then {{ total }}
        when 'mean' then {{ total }} / {{ cells }}
        when 'max' then {{ highest }}
        when 'min' then {{ lowest }}
    end
{%- endmacro %}

{# Leaf figures at base periods: as submitted, and those that hold until replaced. #}
{% macro leaf_figures() -%}
    select measure_id, region_id, period_id, period_end, rollup_grain, time_rule, value, flags, known_on
    from {{ ref('measure_base') }}
    where role = 'leaf'
    union all
    select measure_id, region_id, period_id, period_end, rollup_grain, time_rule, value, flags, known_on
    from {{ ref('measure_standing') }}
{%- endmacro %}

{# Every region's figures at base periods: the leaves, and what was rolled up from them. #}
{% macro base_figures() -%}
    select
        measure_id, region_id, period_id, time_rule, value, 1 as present, 1 as expected, flags, known_on, true as in_force
    from ({{ leaf_figures() }}) as leaf
    union all
    select
        measure_id, region_id, period_id, time_rule, value, present, expected, flags, known_on, in_force
    from {{ ref('measure_region') }}
{%- endmacro %}

{# Observations with the measure they feed, in its unit. #}
{% macro figures_by_source() -%}
    select
        s.measure_id,
        o.region_id,
        o.period_id,
        o.period_grain,
        o.period_end,
        s.grain,
        s.rollup_grain,
        s.time_rule,
        s.base_grain,
        o.value * s.factor as value,
        o.flags,
        o.known_at
    from {{ ref('observation') }} as o
    inner join {{ ref('source_of_measure') }} as s
        on o.feed_id = s.feed_id and o.source_code = s.source_code
{%- endmacro %}

{# The number of a figure's key: feed x source code x region x period. #}
{% macro figure_key() -%}
    {{ hash_of(['feed_id', 'source_code', 'region_id', 'period_id']) }}
{%- endmacro %}

{# Whether several files carry this submission's figure. Only there can it have versions. #}
{% macro has_versions() -%}
    (contested and {{ figure_key() }} in (select k.figure_key from {{ ref('repeated_key') }} as k))
{%- endmacro %}
