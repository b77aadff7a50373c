-- measure x region x period as submitted whose grade is not A, as a number: what open findings say of it, late (known after the feed's due day), or
-- corrected after it was first published.
with due as (
    select distinct
        s.measure_id,
        u.period_id,
        u.due_on
    from {{ ref('unit_feed_period') }} as u
    inner join {{ ref('source_of_measure') }} as s
        on u.feed_id = s.feed_id
    -- A measure of several sources has no one due day.
    where s.sources = 1
),

figure as (
    select measure_id, region_id, period_id, flags, known_on
    from ({{ leaf_figures() }}) as leaf
    union all
    select measure_id, region_id, period_id, flags, known_on
    from {{ ref('measure_base') }}
    where role = 'reported'
),

graded as (
    select
        f.measure_id,
        f.region_id,
        f.period_id,
        1 as level
    from figure as f
    left join due as d
        on f.measure_id = d.measure_id and f.period_id = d.period_id
    where (f.flags & {{ flag_bit('revised') }}) > 0 or f.known_on > d.due_on
    union all
    select
        c.measure_id,
        c.region_id,
        c.period_id,
        case
            when c.severity = 'high' then 3
            when c.severity = 'medium' or c.dimension = 'honesty' then 2
            else 1
        end as level
    from {{ ref('finding_figure') }} as c
    inner join {{ ref('finding_mark') }} as k
        on c.finding_id = k.finding_id and k.mark = 'open'
    where not c.replaced
)

select
    measure_id,
    region_id,
    period_id,
    max(level) as level
from graded
group by measure_id, region_id, period_id
