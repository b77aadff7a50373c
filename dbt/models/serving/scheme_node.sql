-- An indicator goes by its own name unless the scheme gives it one; an aggregate by that of the hierarchy.
with newest as (
    select
        indicator_id,
        max(version) as version
    from {{ source('registry', 'indicator') }}
    group by indicator_id
),

named as (
    select
        i.indicator_id,
        i.name_zh,
        i.name_en
    from {{ source('registry', 'indicator') }} as i
    inner join newest as w
        on i.indicator_id = w.indicator_id and i.version = w.version
)

select
    {{ told('snapshot_id') }} as snapshot_id,
    n.scheme_id,
    cast(n.version as integer) as version,
    n.node_id,
    n.parent_id,
    case when n.normaliser is null then 'aggregate' else 'indicator' end as node_kind,
    cast(n.depth as integer) as depth,
    cast(n.place as integer) as place,
    coalesce(n.name_zh, i.name_zh, n.node_id) as name_zh,
    coalesce(n.name_en, i.name_en, n.node_id) as name_en,
    n.weight,
    n.weighting,
    n.aggregation,
    n.normaliser,
    n.bounds
from {{ source('registry', 'scheme_node') }} as n
inner join {{ ref('scheme') }} as s
    on n.scheme_id = s.scheme_id and n.version = s.version
left join named as i
    on n.node_id = i.indicator_id
