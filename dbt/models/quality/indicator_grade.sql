-- indicator x version x region x period, where the worst grade of the measure figures that the value is made of is not A: of numerator, denominator, and
-- what it is compared with or is a share of. Whether a value came of them is `indicator_value`'s to say.
with summed as (
    select numerator as measure_id
    from {{ source('registry', 'indicator') }}
    where connected and accumulation = 'year_to_date'
    union
    select denominator as measure_id
    from {{ source('registry', 'indicator') }}
    where connected and accumulation = 'year_to_date'
),

to_date as (
    select
        g.measure_id,
        g.region_id,
        p.period_id,
        sum(g.parts_b) as parts_b,
        sum(g.parts_c) as parts_c,
        sum(g.parts_d) as parts_d
    from {{ ref('grade_part') }} as g
    inner join summed as s
        on g.measure_id = s.measure_id
    inner join {{ source('registry', 'measure') }} as m
        on g.measure_id = m.measure_id and m.time_rule = 'sum'
    inner join {{ source('registry', 'period') }} as q
        on g.period_id = q.period_id
    inner join {{ source('registry', 'period') }} as p
        on q.grain = p.grain and q.year = p.year and q.within <= p.within
    group by g.measure_id, g.region_id, p.period_id
),

figure as (
    select
        'period' as accumulation,
        measure_id,
        region_id,
        period_id,
        level
    from {{ ref('measure_grade') }}
    union all
    select
        'year_to_date' as accumulation,
        t.measure_id,
        t.region_id,
        t.period_id,
        greatest(
            {{ grade_of_parts('v.present', 't.parts_b', 't.parts_c', 't.parts_d') }},
            case when v.present < v.expected then 2 else 0 end
        ) as level
    from to_date as t
    inner join {{ ref('measure_to_date') }} as v
        on
            t.measure_id = v.measure_id
            and t.region_id = v.region_id
            and t.period_id = v.period_id
            and v.in_force
    union all
    select
        'year_to_date' as accumulation,
        g.measure_id,
        g.region_id,
        g.period_id,
        g.level
    from {{ ref('measure_grade') }} as g
    inner join {{ source('registry', 'measure') }} as m
        on g.measure_id = m.measure_id and m.time_rule <> 'sum'
),

term as (
    {% for side in ['numerator', 'denominator'] %}
    select
        i.indicator_id,
        i.version,
        i.period_id,
        i.period_end,
        i.grain,
        i.ordinal,
        i.transform,
        i.parent,
        i.in_validity,
        f.region_id,
        f.level
    from {{ ref('indicator_period') }} as i
    inner join figure as f
        on
            i.accumulation = f.accumulation
            and i.{{ side }} = f.measure_id
            and i.period_id = f.period_id
    where f.level > 0
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

-- A whole may be the city, or the peer area of one scheme.
part_of as (
    select
        c.descendant_id as region_id,
        c.ancestor_id as parent_id,
        'city' as parent,
        c.valid_from,
        c.valid_to
    from {{ source('registry', 'region_closure') }} as c
    where c.distance > 0 and c.hierarchy in ('administrative', 'governing')
    union all
    select
        region_id,
        peer_area_id as parent_id,
        peer_scheme_id as parent,
        valid_from,
        valid_to
    from {{ source('registry', 'peer_member') }}
),

concerned as (
    select indicator_id, version, region_id, period_id, level from term
    where in_validity
    union all
    select
        i.indicator_id,
        i.version,
        t.region_id,
        i.period_id,
        t.level
    from term as t
    inner join {{ ref('indicator_period') }} as i
        on
            t.indicator_id = i.indicator_id
            and t.version = i.version
            and t.grain = i.grain
            and t.ordinal = i.ordinal - i.lag
            and i.in_validity
    where t.transform in ('growth', 'change')
    union all
    select
        t.indicator_id,
        t.version,
        r.region_id,
        t.period_id,
        t.level
    from term as t
    inner join part_of as o
        on
            t.parent = o.parent
            and t.region_id = o.parent_id
            and t.period_end between o.valid_from and o.valid_to
    inner join {{ source('registry', 'region') }} as r
        on o.region_id = coalesce(r.restated_of, r.region_id)
    -- No indicator has values of villages.
    where t.transform = 'share_of_parent' and t.in_validity and r.level <> 'village'
),

worst as (
    select
        indicator_id,
        version,
        region_id,
        period_id,
        max(level) as level
    from concerned
    group by indicator_id, version, region_id, period_id
)

select
    indicator_id,
    version,
    region_id,
    period_id,
    {{ grade_letter('level') }} as grade
from worst
