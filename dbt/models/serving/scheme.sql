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
    s.method_zh,
    s.method_en,
    s.min_coverage,
    s.illustrative
from {{ source('registry', 'scheme') }} as s
inner join {{ source('registry', 'peer_scheme') }} as p
    on s.peer_scheme = p.peer_scheme_id
-- A draft ranks nobody, so no reader should be offered its peer areas.
where s.status <> 'draft'
