-- measure x region x period at every level, where a part is not of grade A or the figure is incomplete: of how many parts (leaf cells) it is rolled up,
-- and how many of them are of grade B or worse, C or worse, D. A figure that the source reports itself counts as all of its parts.
with leaf as (
    select
        g.measure_id,
        g.region_id,
        g.period_id,
        p.end_date as period_end,
        m.time_rule,
        case when m.region_rule <> 'none' then m.grain end as rollup_grain,
        1 as parts_b,
        case when g.level >= 2 then 1 else 0 end as parts_c,
        case when g.level >= 3 then 1 else 0 end as parts_d
    from {{ ref('submitted_grade') }} as g
    inner join {{ source('registry', 'measure') }} as m
        on g.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on g.period_id = p.period_id and {{ base_grain('m.frequency') }} = p.grain
    inner join {{ source('registry', 'region_leaf') }} as l
        on
            m.grain = l.grain
            and g.region_id = l.region_id
            and p.end_date between l.valid_from and l.valid_to
),

{% for step, finer in [(1, 'leaf'), (2, 'step_1')] %}
step_{{ step }} as (
    select
        f.measure_id,
        r.region_id,
        f.period_id,
        f.period_end,
        f.rollup_grain,
        sum(f.parts_b) as parts_b,
        sum(f.parts_c) as parts_c,
        sum(f.parts_d) as parts_d
    from {{ finer }} as f
    inner join {{ source('registry', 'region_rollup') }} as r
        on
            f.rollup_grain = r.grain
            and r.step = {{ step }}
            and f.region_id = r.part_id
            and f.period_end between r.valid_from and r.valid_to
    group by f.measure_id, r.region_id, f.period_id, f.period_end, f.rollup_grain
),

{% endfor %}
region as (
    {{ with_parts(ref('measure_region'), '(select * from step_1 union all select * from step_2)') }}
),

base as (
    select
        measure_id, region_id, period_id, 1 as present, 1 as expected, true as in_force, parts_b, parts_c, parts_d
    from leaf
    union all
    select measure_id, region_id, period_id, present, expected, in_force, parts_b, parts_c, parts_d
    from region
),

-- Coarser periods: of a flow all base periods inside, of a stock the one that ends with it.
coarser as (
    select
        b.measure_id,
        b.region_id,
        q.period_id,
        sum(b.parts_b) as parts_b,
        sum(b.parts_c) as parts_c,
        sum(b.parts_d) as parts_d
    from base as b
    inner join {{ source('registry', 'measure') }} as m
        on b.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on b.period_id = p.period_id
    inner join {{ source('registry', 'period') }} as q
        on
            p.start_date >= q.start_date
            and p.end_date <= q.end_date
            and p.grain <> q.grain
            and (m.time_rule in ('sum', 'mean', 'max', 'min') or (m.time_rule in ('last', 'standing') and p.end_date = q.end_date))
    group by b.measure_id, b.region_id, q.period_id
),

period as (
    {{ with_parts(ref('measure_period'), 'coarser') }}
)

select * from base
union all
select * from period
