select
    {{ told('snapshot_id') }} as snapshot_id,
    r.region_id,
    coalesce(e.hierarchy, 'administrative') as hierarchy,
    r.level,
    e.parent_id,
    r.name_zh,
    r.name_en,
    r.short_zh,
    r.short_en,
    greatest(r.valid_from, coalesce(e.valid_from, r.valid_from)) as valid_from,
    least(r.valid_to, coalesce(e.valid_to, r.valid_to)) as valid_to
from {{ source('registry', 'region') }} as r
left join {{ source('registry', 'region_edge') }} as e
    on r.region_id = e.child_id
where r.restated_of is null
