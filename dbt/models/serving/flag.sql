select
    {{ told('snapshot_id') }} as snapshot_id,
    flag_id,
    cast("bit" as integer) as "bit",
    name_zh,
    name_en,
    meaning_zh,
    meaning_en
from {{ source('registry', 'flag') }}
