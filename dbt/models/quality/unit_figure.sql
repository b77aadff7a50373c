-- measure x unit (or district, or the city) x base period: what is handed in for it, of measures by town the sum over its towns; what statistics are made of.
with unit as (
    select distinct region_id
    from {{ source('registry', 'region_leaf') }}
    where grain in ('unit', 'district', 'city')
),

reported as (
    select
        b.measure_id,
        b.region_id,
        b.period_id,
        b.period_end,
        b.value
    from {{ ref('measure_base') }} as b
    inner join {{ source('registry', 'measure') }} as m
        on b.measure_id = m.measure_id and m.grain <> 'town'
    where b.role in ('leaf', 'reported')
),

-- Figures that hold until replaced: in the periods for which they were handed in, not in those through which they hold.
standing as (
    select
        b.measure_id,
        u.unit_id as region_id,
        b.period_id,
        b.period_end,
        {{ exact_sum('b.value') }} as value
    from {{ ref('measure_base') }} as b
    inner join {{ ref('region_unit_span') }} as u
        on
            b.region_id = u.region_id
            and b.period_end between u.valid_from and u.valid_to
    where b.role = 'standing' and b.rollup_grain = 'town'
    group by b.measure_id, u.unit_id, b.period_id, b.period_end
),

summed as (
    select
        r.measure_id,
        r.region_id,
        r.period_id,
        p.end_date as period_end,
        r.value
    from {{ ref('measure_region') }} as r
    inner join {{ source('registry', 'measure') }} as m
        on r.measure_id = m.measure_id and m.grain = 'town' and m.time_rule <> 'standing'
    inner join {{ source('registry', 'period') }} as p
        on r.period_id = p.period_id
    -- One row for a unit: of a district that zones share, its remainder's and theirs do.
    inner join {{ source('registry', 'region_leaf') }} as l
        on
            l.grain = 'unit'
            and r.region_id = l.region_id
            and p.end_date between l.valid_from and l.valid_to
)

select
    f.measure_id,
    s.feed_id,
    f.region_id,
    f.period_id,
    f.period_end,
    p.grain as period_grain,
    p.within,
    m.kind,
    m.grain,
    f.value
from (
    select * from reported
    where region_id in (select u.region_id from unit as u)
    union all
    select * from summed
    union all
    select * from standing
) as f
inner join {{ source('registry', 'measure') }} as m
    on f.measure_id = m.measure_id
inner join {{ source('registry', 'period') }} as p
    on
        f.period_id = p.period_id
        and (p.grain = {{ base_grain('m.frequency') }} or m.time_rule = 'standing')
inner join {{ ref('source_of_measure') }} as s
    on f.measure_id = s.measure_id and s.priority = 1
