select
    cast('{{ var("snapshot_id") }}' as varchar) as snapshot_id,
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
    s.label_y_pct
from {{ source('registry', 'region_shape') }} as s
inner join {{ source('registry', 'region') }} as r
    on s.region_id = r.region_id
