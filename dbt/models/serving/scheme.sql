select
    cast('{{ var("snapshot_id") }}' as varchar) as snapshot_id,
    scheme_id,
    cast(version as integer) as version,
    name_zh,
    name_en,
    peer_scheme,
    frequency,
    method_zh,
    method_en,
    min_coverage,
    illustrative
from {{ source('registry', 'scheme') }}
