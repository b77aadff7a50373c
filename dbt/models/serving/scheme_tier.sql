select
    {{ told('snapshot_id') }} as snapshot_id,
    t.scheme_id,
    cast(t.version as integer) as version,
    t.tier_id,
    cast(t.place as integer) as place,
    t.name_zh,
    t.name_en,
    t.cut,
    t.quota
from {{ source('registry', 'tier') }} as t
inner join {{ ref('scheme') }} as s
    on t.scheme_id = s.scheme_id and t.version = s.version
