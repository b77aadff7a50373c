-- The figures as submitted that a finding speaks of: those of its region itself, or, where none was submitted (a unit's sum over its towns), every part of
-- it, since nobody can say which part it is. The same goes for a period.
-- Late and absent figures are read from the figures themselves (`submitted_grade`, coverage), not from findings.
with finding as (
    select
        f.finding_id,
        f.rule_id,
        f.dimension,
        f.severity,
        f.feed_id,
        f.measure_id,
        coalesce(f.region_id, f.unit_id) as region_id,
        f.period_id,
        f.file_id,
        s.source_code,
        s.rollup_grain,
        s.base_grain
    from {{ ref('quality_finding') }} as f
    inner join {{ ref('source_of_measure') }} as s
        on f.feed_id = s.feed_id and f.measure_id = s.measure_id
    where f.dimension not in ('completeness', 'timeliness')
),

-- In a base period of the measure: the region itself and the leaves that it is rolled up from.
in_period as (
    select
        f.*,
        b.period_id as part_period_id,
        b.end_date as part_end
    from finding as f
    inner join {{ source('registry', 'period') }} as p
        on f.period_id = p.period_id
    inner join {{ source('registry', 'period') }} as b
        on f.base_grain = b.grain and p.start_date <= b.start_date and p.end_date >= b.end_date
),

below as (
    select
        grain,
        region_id,
        part_id,
        valid_from,
        valid_to
    from {{ source('registry', 'region_rollup') }}
    where step = 1
    union all
    select
        t.grain,
        t.region_id,
        o.part_id,
        greatest(t.valid_from, o.valid_from) as valid_from,
        least(t.valid_to, o.valid_to) as valid_to
    from {{ source('registry', 'region_rollup') }} as t
    inner join {{ source('registry', 'region_rollup') }} as o
        on
            t.grain = o.grain
            and t.part_id = o.region_id
            and o.step = 1
            and t.valid_from <= o.valid_to
            and t.valid_to >= o.valid_from
    where t.step = 2
),

part as (
    select
        finding_id, rule_id, dimension, severity, feed_id, measure_id, source_code, region_id, part_period_id as period_id, file_id,
        1 as nearness
    from in_period
    union
    -- A figure that the source reports for the coarser period itself.
    select
        finding_id, rule_id, dimension, severity, feed_id, measure_id, source_code, region_id, period_id, file_id,
        2 as nearness
    from finding
    union
    select
        i.finding_id, i.rule_id, i.dimension, i.severity, i.feed_id, i.measure_id, i.source_code, b.part_id as region_id,
        i.part_period_id as period_id, i.file_id, 0 as nearness
    from in_period as i
    inner join below as b
        on
            i.rollup_grain = b.grain
            and i.region_id = b.region_id
            and i.part_end between b.valid_from and b.valid_to
    where b.part_id <> i.region_id
),

newest as (
    select
        s.feed_id,
        s.source_code,
        s.region_id,
        s.period_id,
        max(s.file_id) as file_id
    from {{ ref('submission') }} as s
    -- Not a join, which would hold all submissions in memory to look for these few.
    where
        (s.feed_id, s.source_code, s.region_id, s.period_id) in (select part.feed_id, part.source_code, part.region_id, part.period_id from part)
        and cast(s.published_on as timestamp) <= {{ told('known_until') }}
    group by s.feed_id, s.source_code, s.region_id, s.period_id
)

select
    p.finding_id,
    p.dimension,
    p.severity,
    p.feed_id,
    p.measure_id,
    p.region_id,
    p.period_id,
    -- File ids sort in the order of landing. An honesty finding is about how figures came to be: another one does not undo it.
    coalesce(n.file_id > p.file_id and p.dimension <> 'honesty', false) as replaced
from part as p
inner join newest as n
    on
        p.feed_id = n.feed_id
        and p.source_code = n.source_code
        and p.region_id = n.region_id
        and p.period_id = n.period_id
qualify p.nearness = max(p.nearness) over (partition by p.finding_id)
