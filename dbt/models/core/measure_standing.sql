-- A standing figure (an area, a census) for every base period that it holds in: from the start of its own period until the next figure,
-- never beyond today nor across a change of the region's boundary.
with held as (
    select
        b.*,
        m.grain,
        {{ base_grain('m.frequency') }} as base_grain,
        p.start_date as holds_from,
        lead(p.start_date) over (partition by b.measure_id, b.region_id order by p.start_date) as replaced_on,
        n.valid_from as boundary_from,
        n.valid_to as boundary_until
    from {{ ref('measure_base') }} as b
    inner join {{ source('registry', 'measure') }} as m
        on b.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on b.period_id = p.period_id
    inner join {{ source('registry', 'region_span') }} as n
        on
            b.region_id = n.region_id
            and b.period_end between n.valid_from and n.valid_to
    where b.role = 'standing'
)

select
    h.measure_id,
    h.region_id,
    p.period_id,
    p.end_date as period_end,
    h.rollup_grain,
    h.time_rule,
    h.value,
    h.flags,
    h.known_on
from held as h
inner join {{ source('registry', 'period') }} as p
    on
        h.base_grain = p.grain
        and h.holds_from <= p.start_date
        and (h.replaced_on is null or h.replaced_on > p.start_date)
        and p.end_date between h.boundary_from and h.boundary_until
        and p.start_date <= {{ told('today') }}
inner join {{ source('registry', 'region_leaf') }} as l
    on
        h.grain = l.grain
        and h.region_id = l.region_id
        and p.end_date between l.valid_from and l.valid_to
