-- One row per peer area of a scheme in use; a name that two peer schemes share says which one it means.
with named as (
    select distinct
        r.snapshot_id,
        r.region_id as peer_area_id,
        r.hierarchy as peer_scheme,
        r.name_zh,
        r.name_en,
        s.peer_scheme_zh,
        s.peer_scheme_en
    from {{ ref('region') }} as r
    inner join {{ ref('scheme') }} as s
        on r.hierarchy = s.peer_scheme
    where r.level = 'peer_area'
),

counted as (
    select
        n.*,
        count(*) over (partition by n.name_zh) > 1 as shared
    from named as n
)

select
    c.snapshot_id,
    c.peer_area_id,
    c.peer_scheme,
    concat(c.name_zh, case when c.shared then concat('（', c.peer_scheme_zh, '）') else '' end) as label_zh,
    concat(c.name_en, case when c.shared then concat(' (', c.peer_scheme_en, ')') else '' end) as label_en
from counted as c
