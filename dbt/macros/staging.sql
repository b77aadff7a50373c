{# One accepted row of a feed becomes one observation per item it carries; empty cells become none.
   `items` lists {code, value, flag?}: the source code, the SQL of its value, a flag that the derivation adds.
   Names of regions are read through the dated aliases, at the end of the row's period. #}
{% macro observations(feed, period, items, region='region') -%}
with landed as (
    select
        r.*,
        {{ period }} as period_id
    from {{ source('raw', feed) }} as r
),

located as (
    select
        l.*,
        a.region_id
    from landed as l
    inner join {{ source('registry', 'period') }} as p
        on l.period_id = p.period_id
    left join {{ source('registry', 'region_alias') }} as a
        on
            l.{{ region }} = a.alias
            and p.end_date between a.valid_from and a.valid_to
)
{% for item in items %}
select
    '{{ feed }}' as feed_id,
    {{ item.code }} as source_code,
    region_id,
    period_id,
    cast({{ item.value }} as double) as value,
    {{ flags_of('flag') }}{% if item.flag %} | {{ flag_bit(item.flag) }}{% endif %} as flags,
    published_on,
    _landed_at as landed_at,
    _file_id as file_id,
    _row as row_number,
    note,
    source_id
from located
where {{ item.value }} is not null
{{ 'union all' if not loop.last }}
{% endfor %}
{%- endmacro %}

{# The models that hand observations to the core, one per feed. #}
{% macro observation_models() -%}
    {{ return([
        'stg_census', 'stg_gdp_annual', 'stg_population_annual', 'stg_bulletin', 'stg_land_area', 'stg_divisions', 'measure__air_ranking',
    ]) }}
{%- endmacro %}
