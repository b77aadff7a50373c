with described as (
    select
        i.*,
        n.name_zh as numerator_zh,
        n.name_en as numerator_en,
        d.name_zh as denominator_zh,
        d.name_en as denominator_en
    from {{ source('registry', 'indicator') }} as i
    inner join {{ source('registry', 'measure') }} as n
        on i.numerator = n.measure_id
    left join {{ source('registry', 'measure') }} as d
        on i.denominator = d.measure_id
),

termed as (
    select
        *,
        {{ formula_term('numerator_zh', 'denominator_zh') }} as term_zh,
        {{ formula_term('numerator_en', 'denominator_en') }} as term_en
    from described
)

select
    {{ told('snapshot_id') }} as snapshot_id,
    i.indicator_id,
    cast(i.version as integer) as version,
    i.name_zh,
    i.name_en,
    i.unit_zh,
    i.unit_en,
    i.direction,
    cast(i.decimals as integer) as decimals,
    i.definition_zh,
    i.definition_en,
    {{ formula_text('zh') }} as formula_zh,
    {{ formula_text('en') }} as formula_en,
    sector.node_id as sector_id,
    sector.name_zh as sector_zh,
    sector.name_en as sector_en,
    track.node_id as track_id,
    track.name_zh as track_zh,
    track.name_en as track_en,
    sub_track.node_id as sub_track_id,
    sub_track.name_zh as sub_track_zh,
    sub_track.name_en as sub_track_en,
    i.frequency,
    i.lowest_grain,
    cast(i.due_day as integer) as due_day,
    i.evaluable,
    owner.name_zh as owner_zh,
    owner.name_en as owner_en,
    checker.name_zh as checker_zh,
    checker.name_en as checker_en,
    i.status,
    i.connected,
    i.simulated,
    i.illustrative,
    i.valid_from,
    i.valid_to
from termed as i
inner join {{ source('registry', 'node') }} as sub_track
    on i.sub_track_id = sub_track.node_id
inner join {{ source('registry', 'node') }} as track
    on sub_track.parent_id = track.node_id
inner join {{ source('registry', 'node') }} as sector
    on track.parent_id = sector.node_id
inner join {{ source('registry', 'body') }} as owner
    on i.owner = owner.body_id
inner join {{ source('registry', 'body') }} as checker
    on i.checker = checker.body_id
