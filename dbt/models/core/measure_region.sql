-- The same base periods for every coarser region: rolled up over dated membership with the measure's rule, in at most two steps
-- (leaves into districts and units, those into peer areas and the city). A figure that the source reports for the coarser region itself wins.
{{ replaced_by('measure_base', ['measure_id', 'period_id']) }}
with step_1 as (
    select
        l.measure_id,
        r.region_id,
        l.period_id,
        l.period_end,
        l.rollup_grain,
        {{ exact_sum('l.value') }} as total,
        max(l.value) as highest,
        min(l.value) as lowest,
        count(*) as present,
        {{ any_flag('l.flags') }} as flags,
        max(l.known_on) as known_on
    from ({{ leaf_figures() }}) as l
    inner join {{ source('registry', 'region_rollup') }} as r
        on
            l.rollup_grain = r.grain
            and r.step = 1
            and l.region_id = r.part_id
            and l.period_end between r.valid_from and r.valid_to
    where {{ in_delta('measure_base', ['l.measure_id', 'l.period_id'], ['measure_id', 'period_id']) }}
    group by l.measure_id, r.region_id, l.period_id, l.period_end, l.rollup_grain
),

step_2 as (
    select
        s.measure_id,
        r.region_id,
        s.period_id,
        s.period_end,
        s.rollup_grain,
        {{ exact_sum('s.total') }} as total,
        max(s.highest) as highest,
        min(s.lowest) as lowest,
        sum(s.present) as present,
        {{ any_flag('s.flags') }} as flags,
        max(s.known_on) as known_on
    from step_1 as s
    inner join {{ source('registry', 'region_rollup') }} as r
        on
            s.rollup_grain = r.grain
            and r.step = 2
            and s.region_id = r.part_id
            and s.period_end between r.valid_from and r.valid_to
    group by s.measure_id, r.region_id, s.period_id, s.period_end, s.rollup_grain
),

-- What is reported for a base period, standing for all leaves of its region; figures of other periods are `measure_period`'s.
reported as (
    select
        b.measure_id,
        b.region_id,
        b.period_id,
        b.time_rule,
        b.value,
        coalesce(e.leaves, 1) as leaves,
        b.flags,
        b.known_on
    from {{ ref('measure_base') }} as b
    inner join {{ source('registry', 'measure') }} as m
        on b.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on b.period_id = p.period_id and {{ base_grain('m.frequency') }} = p.grain
    left join {{ source('registry', 'region_expected') }} as e
        on
            m.grain = e.grain
            and b.region_id = e.region_id
            and b.period_end between e.valid_from and e.valid_to
    where b.role = 'reported' and {{ in_delta('measure_base', ['b.measure_id', 'b.period_id'], ['measure_id', 'period_id']) }}
),

rolled as (
    select
        s.measure_id,
        s.region_id,
        s.period_id,
        m.time_rule,
        {{ by_rule('m.region_rule', total='s.total', highest='s.highest', lowest='s.lowest', cells='s.present') }} as value,
        s.present,
        e.leaves as expected,
        s.flags,
        s.known_on,
        s.present >= m.min_coverage * e.leaves as in_force
    from (select * from step_1 union all select * from step_2) as s
    inner join {{ source('registry', 'measure') }} as m
        on s.measure_id = m.measure_id
    inner join {{ source('registry', 'region_expected') }} as e
        on
            s.rollup_grain = e.grain
            and s.region_id = e.region_id
            and s.period_end between e.valid_from and e.valid_to
)

select
    r.measure_id,
    r.region_id,
    r.period_id,
    r.time_rule,
    r.value,
    cast(r.present as integer) as present,
    cast(r.expected as integer) as expected,
    r.flags | case when r.present < r.expected then {{ flag_bit('partial') }} else 0 end as flags,
    r.known_on,
    'rolled' as origin,
    r.in_force
from rolled as r
left join reported as o
    on
        r.measure_id = o.measure_id
        and r.region_id = o.region_id
        and r.period_id = o.period_id
where o.measure_id is null
union all
select
    measure_id,
    region_id,
    period_id,
    time_rule,
    value,
    cast(leaves as integer) as present,
    cast(leaves as integer) as expected,
    flags,
    known_on,
    'reported' as origin,
    true as in_force
from reported
