-- Figures at the lowest region level and base period of their measure: what everything above is rolled up from.
-- It carries the period's end and the grain it is rolled up by (null: never), so that rolling up costs one join.
-- A standing figure (an area, a census) holds from the start of its period until the next one, never beyond today.
with standing as (
    select
        o.*,
        m.grain,
        {{ rollup_grain('m') }} as rollup_grain,
        {{ base_grain('m.frequency') }} as base_grain,
        p.start_date as holds_from,
        coalesce(
            lead(p.start_date) over (partition by o.measure_id, o.region_id order by p.start_date),
            cast('9999-12-31' as date)
        ) as holds_until
    from {{ ref('measure_observation') }} as o
    inner join {{ source('registry', 'measure') }} as m
        on o.measure_id = m.measure_id and m.time_rule = 'standing'
    inner join {{ source('registry', 'period') }} as p
        on o.period_id = p.period_id
)

select
    o.measure_id,
    o.region_id,
    o.period_id,
    p.end_date as period_end,
    {{ rollup_grain('m') }} as rollup_grain,
    o.value,
    1 as present,
    1 as expected,
    o.flags,
    o.known_on,
    'leaf' as origin,
    true as in_force
from {{ ref('measure_observation') }} as o
inner join {{ source('registry', 'measure') }} as m
    on o.measure_id = m.measure_id and m.time_rule <> 'standing'
inner join {{ source('registry', 'period') }} as p
    on o.period_id = p.period_id and {{ base_grain('m.frequency') }} = p.grain
inner join {{ source('registry', 'region_leaf') }} as l
    on
        m.grain = l.grain
        and o.region_id = l.region_id
        and p.end_date between l.valid_from and l.valid_to
union all
select
    s.measure_id,
    s.region_id,
    p.period_id,
    p.end_date as period_end,
    s.rollup_grain,
    s.value,
    1 as present,
    1 as expected,
    s.flags,
    s.known_on,
    'leaf' as origin,
    true as in_force
from standing as s
inner join {{ source('registry', 'period') }} as p
    on
        s.base_grain = p.grain
        and s.holds_from <= p.start_date
        and s.holds_until > p.start_date
        and p.start_date <= {{ told('today') }}
inner join {{ source('registry', 'region_leaf') }} as l
    on
        s.grain = l.grain
        and s.region_id = l.region_id
        and p.end_date between l.valid_from and l.valid_to
