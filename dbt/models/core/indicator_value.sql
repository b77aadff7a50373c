-- indicator x region x period that has a value: sums first, then the division, then the transform, then the target.
-- The numerator and denominator columns are the figures the value was made of, so that anyone can recompute it.
-- A comparison over years holds only where the region had the same boundary then and now; restated scopes carry it across a reform.
{{ replaced_by('indicator', ['indicator_id', 'version', 'period_id'], first='{{ gather_terms() }}') }}
with level as (
    {{ indicator_terms(['level']) }}
),

compared as (
    {{ indicator_terms(['growth', 'change']) }}
),

part as (
    {{ indicator_terms(['share_of_parent']) }}
),

parent_at_time as (
    select
        c.descendant_id as region_id,
        c.ancestor_id as parent_id,
        'city' as parent,
        c.valid_from,
        c.valid_to
    from {{ source('registry', 'region_closure') }} as c
    inner join {{ source('registry', 'region') }} as r
        on c.ancestor_id = r.region_id and r.level = 'city'
    where c.distance > 0 and c.hierarchy in ('administrative', 'governing')
    union
    select
        m.region_id,
        m.peer_area_id as parent_id,
        m.peer_scheme_id as parent,
        m.valid_from,
        m.valid_to
    from {{ source('registry', 'peer_member') }} as m
),

-- One row a period: a region stands in two hierarchies for different spans. A restated scope has the parents of its region.
parent_of as (
    select distinct
        r.region_id,
        o.parent_id,
        o.parent,
        i.period_id
    from {{ ref('indicator_period') }} as i
    inner join parent_at_time as o
        on
            i.parent = o.parent
            and i.period_end between o.valid_from and o.valid_to
    inner join {{ source('registry', 'region') }} as r
        on o.region_id = coalesce(r.restated_of, r.region_id)
),

transformed as (
    select
        {{ indicator_keys('t') }}
        t.numerator,
        t.denominator,
        t.factor * t.x as value,
        t.coverage,
        t.flags,
        t.known_on
    from level as t
    union all
    select
        {{ indicator_keys('t') }}
        t.x as numerator,
        b.x as denominator,
        case t.transform
            when 'growth' then t.factor * (t.x / b.x - 1)
            else t.factor * (t.x - b.x)
        end as value,
        least(t.coverage, b.coverage) as coverage,
        t.flags | b.flags as flags,
        greatest(t.known_on, b.known_on) as known_on
    from compared as t
    inner join compared as b
        on
            t.indicator_id = b.indicator_id
            and t.version = b.version
            and t.region_id = b.region_id
            and t.grain = b.grain
            and t.ordinal - t.lag = b.ordinal
    inner join {{ source('registry', 'region_span') }} as s
        on
            t.region_id = s.region_id
            and t.period_end between s.valid_from and s.valid_to
    where t.in_validity and (t.transform = 'change' or b.x > 0) and b.period_end >= s.valid_from
    union all
    select
        {{ indicator_keys('t') }}
        t.x as numerator,
        w.x as denominator,
        t.factor * t.x / w.x as value,
        least(t.coverage, w.coverage) as coverage,
        t.flags | w.flags as flags,
        greatest(t.known_on, w.known_on) as known_on
    from part as t
    inner join parent_of as o
        on
            t.parent = o.parent
            and t.region_id = o.region_id
            and t.period_id = o.period_id
    inner join part as w
        on
            t.indicator_id = w.indicator_id
            and t.version = w.version
            and o.parent_id = w.region_id
            and t.period_id = w.period_id
    where w.x <> 0
)

select
    t.indicator_id,
    t.version,
    t.region_id,
    t.period_id,
    t.numerator,
    t.denominator,
    t.value,
    t.coverage,
    t.flags,
    t.known_on,
    coalesce(own.target, t.target) as target,
    coalesce(own.illustrative, t.target_illustrative) as target_illustrative,
    {{ status_of('t.value', 't.direction', 'own', 't') }} as status
from transformed as t
left join {{ source('registry', 'target_span') }} as own
    on
        t.indicator_id = own.indicator_id
        and t.region_id = own.region_id
        and t.period_end between own.valid_from and own.valid_to
where {{ in_delta('indicator', ['t.indicator_id', 't.version', 't.period_id'], ['indicator_id', 'version', 'period_id']) }}
