select
    {{ told('snapshot_id') }} as snapshot_id,
    scheme_id,
    node_id,
    node_kind,
    region_id,
    period_id,
    score,
    weight_in_force,
    coverage
from {{ source('scores', 'score_series') }}
