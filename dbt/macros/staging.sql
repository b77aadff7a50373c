{# One accepted row of a feed becomes one observation per item it carries; empty cells become none.
   `items` lists {code, value, flag?}: the source code, the SQL of its value, a flag that the derivation adds.
   Names of regions are read through the dated aliases, at the end of the row's period. A period is contested where several files speak of it:
   only there can a figure have versions, since the contract keeps keys unique inside a file. #}
{% macro observations(feed, period, items, region='region') -%}
{{ config(meta={'replaced': {'delta': 'feed_period', 'keys': ['feed_id', 'period_id']}}) -}}
with slice as (
    {{ slices(feed, period) }}
),

located as (
    select
        r.*,
        s.period_id,
        s.period_grain,
        s.period_end,
        s.contested,
        a.region_id
    from {{ landed_rows(feed) }} as r
    inner join slice as s
        on {{ period }} = s.period_id
    left join {{ source('registry', 'region_alias') }} as a
        on
            r.{{ region }} = a.alias
            and s.period_end between a.valid_from and a.valid_to
)
{% for item in items %}
select
    '{{ feed }}' as feed_id,
    {{ item.code }} as source_code,
    region_id,
    period_id,
    period_grain,
    period_end,
    contested,
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

{# The accepted rows of the files that this build knows of. A file that lands meanwhile, or later, changes nothing in its snapshot. #}
{% macro landed_rows(feed) -%}
    (
        select *
        from {{ source('raw', feed) }}
        where _file_id in (select file_id from {{ source('registry', 'landed_file') }})
    )
{%- endmacro %}

{# The periods that a feed's files speak of, each with its calendar and whether several files do. #}
{% macro slices(feed, period) -%}
    select
        p.period_id,
        p.grain as period_grain,
        p.end_date as period_end,
        min(r._file_id) < max(r._file_id) as contested
    from {{ landed_rows(feed) }} as r
    inner join {{ source('registry', 'period') }} as p
        on {{ period }} = p.period_id
    group by p.period_id, p.grain, p.end_date
{%- endmacro %}

{# The models that hand observations to the core, one per feed. #}
{% macro observation_models() -%}
    {{ return([
        'measure__ai_agent', 'measure__ai_answer', 'measure__ai_corpus', 'measure__ai_model', 'measure__air_ranking', 'measure__app_login',
        'stg_bulletin', 'measure__catalogue_resource', 'stg_census', 'measure__cloud_host', 'measure__component', 'measure__component_call',
        'stg_culture_month', 'stg_culture_quarter', 'stg_culture_year', 'measure__data_return', 'measure__database_stock', 'stg_divisions',
        'stg_economy_month', 'stg_economy_quarter', 'stg_economy_year', 'measure__event_action', 'measure__event_ticket', 'stg_gdp_annual',
        'stg_government_month', 'stg_government_quarter', 'stg_government_year', 'measure__hotline_call', 'stg_land_area', 'stg_law_month',
        'stg_law_quarter', 'stg_law_year', 'measure__map_layer', 'measure__network_link', 'stg_party_month', 'stg_party_quarter',
        'stg_party_year', 'measure__plan', 'measure__plan_activation', 'stg_population_annual', 'measure__quality_check',
        'measure__resource_request', 'measure__risk', 'measure__sensing_device', 'measure__sensing_reading', 'measure__service_case',
        'measure__service_item', 'stg_society_month', 'stg_society_quarter', 'stg_society_year', 'measure__task',
    ]) }}
{%- endmacro %}
