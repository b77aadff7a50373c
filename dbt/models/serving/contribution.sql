select
    {{ told('snapshot_id') }} as snapshot_id,
    scheme_id,
    cast(scheme_version as integer) as scheme_version,
    region_id,
    period_id,
    node_id,
    parent_id,
    node_kind,
    score,
    weight_in_force,
    part,
    area_part,
    gap,
    value,
    value_period_id
from {{ source('scores', 'contribution') }}
