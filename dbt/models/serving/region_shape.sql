select
    {{ told('snapshot_id') }} as snapshot_id,
    s.region_id,
    r.name_zh,
    r.name_en,
    r.short_zh,
    r.short_en,
    r.valid_from,
    r.valid_to,
    s.left_pct,
    s.top_pct,
    s.width_pct,
    s.height_pct,
    s.polygon,
    s.label_x_pct,
    s.label_y_pct,
    s.map_aspect
from {{ source('registry', 'region_shape') }} as s
inner join {{ source('registry', 'region') }} as r
    on s.region_id = r.region_id
