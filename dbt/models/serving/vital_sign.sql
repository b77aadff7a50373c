-- One row per vital sign: what is sensed, and within which limits.
select
    {{ told('snapshot_id') }} as snapshot_id,
    v.sign_id,
    v.name_zh,
    v.name_en,
    v.unit_zh,
    v.unit_en,
    cast(v.decimals as integer) as decimals,
    v.definition_zh,
    v.definition_en,
    sector.node_id as sector_id,
    track.node_id as track_id,
    sub_track.node_id as sub_track_id,
    v.direction,
    v.frequency,
    v.alarm_low,
    v.warn_low,
    v.normal_low,
    v.normal_high,
    v.warn_high,
    v.alarm_high,
    v.real_time,
    v.warning,
    v.retrospective,
    v.evaluable,
    owner.name_zh as owner_zh,
    owner.name_en as owner_en,
    v.lowest_grain,
    v.basis_zh,
    v.basis_en,
    v.illustrative
from {{ source('registry', 'vital_sign') }} as v
inner join {{ source('registry', 'node') }} as sub_track
    on v.sub_track_id = sub_track.node_id
inner join {{ source('registry', 'node') }} as track
    on sub_track.parent_id = track.node_id
inner join {{ source('registry', 'node') }} as sector
    on track.parent_id = sector.node_id
inner join {{ source('registry', 'body') }} as owner
    on v.owner = owner.body_id
