select
    {{ told('snapshot_id') }} as snapshot_id,
    scheme_id,
    cast(scheme_version as integer) as scheme_version,
    region_id,
    period_id,
    previous_period_id,
    factor,
    score_part,
    rank_part
from {{ source('scores', 'movement') }}
