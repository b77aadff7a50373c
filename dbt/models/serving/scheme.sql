select
    {{ told('snapshot_id') }} as snapshot_id,
    s.scheme_id,
    cast(s.version as integer) as version,
    s.name_zh,
    s.name_en,
    s.peer_scheme,
    p.name_zh as peer_scheme_zh,
    p.name_en as peer_scheme_en,
    s.frequency,
    s.unit_grain,
    s.method_zh,
    s.method_en,
    s.min_coverage,
    cast(s.decimals as integer) as decimals,
    s.tie_rule,
    s.scope,
    cast(s.draws as integer) as draws,
    cast(s.seed as integer) as seed,
    n.node_id as root_id,
    s.tree_of,
    s.valid_from,
    s.valid_to,
    s.illustrative
from {{ source('registry', 'scheme') }} as s
inner join {{ source('registry', 'peer_scheme') }} as p
    on s.peer_scheme = p.peer_scheme_id
inner join {{ source('registry', 'scheme_node') }} as n
    on s.scheme_id = n.scheme_id and s.version = n.version and n.parent_id is null
-- A draft ranks nobody, so no reader should be offered its peer areas.
where s.status <> 'draft'
