select
    {{ told('snapshot_id') }} as snapshot_id,
    scheme_id,
    cast(scheme_version as integer) as scheme_version,
    region_id,
    period_id,
    tier_id,
    probability
from {{ source('scores', 'tier_chance') }}
