-- One row per region that a scheme ranks: a name that no other shares. A town stands behind the unit that governs it.
with ranked as (
    select distinct region_id
    from {{ ref('ranking') }}
),

named as (
    select
        r.region_id,
        max(r.snapshot_id) as snapshot_id,
        max_by(r.name_zh, r.valid_from) as name_zh,
        max_by(r.name_en, r.valid_from) as name_en,
        max_by(coalesce(r.short_zh, r.name_zh), r.valid_from) as short_zh,
        max_by(coalesce(r.short_en, r.name_en), r.valid_from) as short_en,
        max_by(r.parent_id, r.valid_from) filter (where r.hierarchy = 'governing' and r.level = 'town') as parent_id
    from {{ ref('region') }} as r
    group by r.region_id
)

select
    n.snapshot_id,
    n.region_id,
    n.name_zh,
    n.name_en,
    concat(case when p.region_id is null then '' else concat(p.short_zh, ' · ') end, n.name_zh) as unit_zh,
    concat(case when p.region_id is null then '' else concat(p.short_en, ' · ') end, n.name_en) as unit_en,
    concat(case when p.region_id is null then '' else concat(p.short_zh, ' · ') end, n.short_zh) as short_zh,
    concat(case when p.region_id is null then '' else concat(p.short_en, ' · ') end, n.short_en) as short_en
from named as n
inner join ranked as k
    on n.region_id = k.region_id
left join named as p
    on n.parent_id = p.region_id
