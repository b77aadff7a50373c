select
    {{ told('snapshot_id') }} as snapshot_id,
    scheme_id,
    cast(scheme_version as integer) as scheme_version,
    node_id,
    node_kind,
    region_id,
    period_id,
    score,
    cast("rank" as integer) as "rank",
    cast(n_ranked as integer) as n_ranked,
    weight_in_force,
    coverage
from {{ source('scores', 'score_series') }}
