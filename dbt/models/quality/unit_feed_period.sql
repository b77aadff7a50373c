-- What each unit was expected to hand in, what of it has come, and how much came after the due day.
with item as (
    select
        s.feed_id,
        f.due_day,
        f.simulated,
        m.grain,
        case when m.time_rule = 'standing' then f.cadence else {{ base_grain('m.frequency') }} end as period_grain,
        count(*) as items
    from {{ source('registry', 'measure_source') }} as s
    inner join {{ source('registry', 'measure') }} as m
        on s.measure_id = m.measure_id
    inner join {{ source('registry', 'feed') }} as f
        on s.feed_id = f.feed_id
    where s.feed_id in {{ return_feeds() }}
    group by
        s.feed_id, f.due_day, f.simulated, m.grain, case when m.time_rule = 'standing' then f.cadence else {{ base_grain('m.frequency') }} end
),

-- What is asked of districts is asked of the units that are none as well.
place as (
    select
        grain,
        region_id,
        valid_from,
        valid_to
    from {{ source('registry', 'region_leaf') }}
    union all
    select
        'district' as grain,
        u.region_id,
        u.valid_from,
        u.valid_to
    from {{ source('registry', 'region_leaf') }} as u
    inner join {{ source('registry', 'region') }} as r
        on u.region_id = r.region_id and r.level <> 'district'
    where u.grain = 'unit'
),

due as (
    select
        i.*,
        p.period_id,
        p.end_date,
        {{ days_after('p.end_date', 'i.due_day') }} as due_on
    from item as i
    inner join {{ source('registry', 'period') }} as p
        on
            i.period_grain = p.grain
            and {{ days_after('p.end_date', 'i.due_day') }} <= {{ told('today') }}
            and (not i.simulated or p.end_date >= {{ told('simulated_from') }})
),

period as (
    select distinct
        period_id,
        end_date
    from due
),

unit_places as (
    select
        l.grain,
        p.period_id,
        u.unit_id,
        count(*) as regions
    from period as p
    inner join place as l
        on p.end_date between l.valid_from and l.valid_to
    inner join {{ ref('region_unit_span') }} as u
        on
            l.region_id = u.region_id
            and p.end_date between u.valid_from and u.valid_to
    group by l.grain, p.period_id, u.unit_id
),

expected as (
    select
        d.feed_id,
        u.unit_id,
        d.period_id,
        max(d.end_date) as end_date,
        max(d.due_on) as due_on,
        sum(d.items * u.regions) as cells
    from due as d
    inner join unit_places as u
        on d.grain = u.grain and d.period_id = u.period_id
    group by d.feed_id, u.unit_id, d.period_id
),

feed_period as (
    select distinct
        feed_id,
        period_id,
        due_on
    from due
),

-- All rows, less the later versions of figures that came before: so only those few are looked at one by one.
counted as (
    select
        s.feed_id,
        m.grain,
        s.region_id,
        s.period_id,
        count(*) as cells,
        sum(case when s.published_on > d.due_on then 1 else 0 end) as late,
        min(s.published_on) as first_on
    from {{ ref('submission') }} as s
    inner join feed_period as d
        on s.feed_id = d.feed_id and s.period_id = d.period_id
    inner join {{ ref('source_of_measure') }} as m
        on s.feed_id = m.feed_id and s.source_code = m.source_code
    where cast(s.published_on as timestamp) <= {{ told('known_until') }}
    group by s.feed_id, m.grain, s.region_id, s.period_id
    union all
    select
        v.feed_id,
        v.grain,
        v.region_id,
        v.period_id,
        -count(*) as cells,
        -sum(case when v.known_at >= cast({{ days_after('v.due_on', 1) }} as timestamp) then 1 else 0 end) as late,
        cast(null as date) as first_on
    from (
        select
            o.feed_id,
            m.grain,
            o.region_id,
            o.period_id,
            o.known_at,
            d.due_on,
            row_number() over (
                partition by o.feed_id, o.source_code, o.region_id, o.period_id
                order by o.landed_at, o.file_id
            ) as version
        from {{ ref('observation_version') }} as o
        inner join feed_period as d
            on o.feed_id = d.feed_id and o.period_id = d.period_id
        inner join {{ ref('source_of_measure') }} as m
            on o.feed_id = m.feed_id and o.source_code = m.source_code
    ) as v
    where v.version > 1
    group by v.feed_id, v.grain, v.region_id, v.period_id
),

-- Only what was expected counts: a city's own figure beside those of its districts fills no gap.
received as (
    select
        c.feed_id,
        u.unit_id,
        c.period_id,
        sum(c.cells) as cells,
        sum(c.late) as late,
        min(c.first_on) as first_on
    from counted as c
    inner join period as p
        on c.period_id = p.period_id
    inner join place as l
        on
            c.grain = l.grain
            and c.region_id = l.region_id
            and p.end_date between l.valid_from and l.valid_to
    inner join {{ ref('region_unit_span') }} as u
        on
            c.region_id = u.region_id
            and p.end_date between u.valid_from and u.valid_to
    group by c.feed_id, u.unit_id, c.period_id
)

select
    e.feed_id,
    e.unit_id,
    e.period_id,
    cast(e.cells as integer) as expected,
    cast(coalesce(r.cells, 0) as integer) as received,
    cast(coalesce(r.late, 0) as integer) as late,
    r.first_on as first_received_on,
    e.due_on
from expected as e
left join received as r
    on
        e.feed_id = r.feed_id
        and e.unit_id = r.unit_id
        and e.period_id = r.period_id
