-- indicator x region x boundary: the newest period that has a value (or, where none has, the newest one that was due).
with own as (
    select s.*
    from {{ ref('indicator_series') }} as s
    inner join {{ source('registry', 'indicator') }} as i
        on s.indicator_id = i.indicator_id and s.version = i.version
    inner join {{ ref('frequency_grain') }} as f
        on i.frequency = f.frequency and s.period_grain = f.grain and f.own
),

ordered as (
    select
        *,
        row_number() over (
            partition by indicator_id, region_id, boundary
            order by case state when 'value' then 0 when 'not_yet_due' then 2 else 1 end, period_end desc, version desc
        ) as newest,
        max(case when state = 'value' then period_end end) over (
            partition by indicator_id, region_id, boundary
        ) as newest_value_end,
        max(case when state <> 'not_yet_due' then period_end end) over (
            partition by indicator_id, region_id, boundary
        ) as newest_due_end
    from own
),

overdue as (
    select
        indicator_id,
        region_id,
        boundary,
        count(*) as periods_overdue
    from ordered
    where state = 'missing' and (newest_value_end is null or period_end > newest_value_end)
    group by indicator_id, region_id, boundary
),

noted as (
    select
        i.indicator_id,
        i.version,
        n.region_id,
        n.period_id,
        {{ value_at_latest('n.note', 's.priority') }} as note
    from {{ source('registry', 'indicator') }} as i
    inner join {{ source('registry', 'measure_source') }} as s
        on i.numerator = s.measure_id
    inner join {{ ref('observation_note') }} as n
        on s.feed_id = n.feed_id and s.source_code = n.source_code
    group by i.indicator_id, i.version, n.region_id, n.period_id
)

select
    o.snapshot_id,
    o.indicator_id,
    o.version,
    o.region_id,
    o.boundary,
    o.period_id,
    o.period_grain,
    o.period_end,
    o.state,
    o.value,
    o.numerator,
    o.denominator,
    o.coverage,
    o.flags,
    o.flag_ids,
    o.target,
    o.target_illustrative,
    o.status,
    o.grade,
    o.previous,
    o.change,
    o.change_sense,
    o.reason,
    o.known_on,
    p.period_id as newest_due_period_id,
    cast(coalesce(d.periods_overdue, 0) as integer) as periods_overdue,
    n.note
from ordered as o
left join {{ source('registry', 'period') }} as p
    on o.newest_due_end = p.end_date and o.period_grain = p.grain
left join overdue as d
    on o.indicator_id = d.indicator_id and o.region_id = d.region_id and o.boundary = d.boundary
left join noted as n
    on
        o.indicator_id = n.indicator_id
        and o.version = n.version
        and o.region_id = n.region_id
        and o.period_id = n.period_id
where o.newest = 1
