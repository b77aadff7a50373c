-- indicator x region x boundary: the newest period that has a value (or, where none has, the newest one that was due).
{{ replaced_by('latest', ['indicator_id'], first='{{ gather_latest() }}', served=true) }}
with own as (
    select s.*
    from {{ ref('indicator_series') }} as s
    inner join {{ source('registry', 'indicator') }} as i
        on s.indicator_id = i.indicator_id and s.version = i.version
    inner join {{ ref('frequency_grain') }} as f
        on i.frequency = f.frequency and s.period_grain = f.grain and f.own
    where {{ in_delta('latest', ['s.indicator_id'], ['indicator_id']) }}
),

-- Grouped by few columns, the rest of a row is fetched for the one that is chosen: the series is the largest table there is.
ending as (
    select
        indicator_id,
        region_id,
        boundary,
        max(case when state = 'value' then period_end end) as newest_value_end,
        max(case when state <> 'not_yet_due' then period_end end) as newest_due_end,
        max(period_end) as newest_end
    from own
    group by indicator_id, region_id, boundary
),

ordered as (
    select
        o.*,
        e.newest_due_end
    from own as o
    inner join ending as e
        on
            o.indicator_id = e.indicator_id
            and o.region_id = e.region_id
            and o.boundary = e.boundary
            and o.period_end = coalesce(e.newest_value_end, e.newest_due_end, e.newest_end)
    where
        case
            when e.newest_value_end is not null then o.state = 'value'
            when e.newest_due_end is not null then o.state <> 'not_yet_due'
            else true
        end
    qualify row_number() over (partition by o.indicator_id, o.region_id, o.boundary order by o.version desc) = 1
),

overdue as (
    select
        o.indicator_id,
        o.region_id,
        o.boundary,
        count(*) as periods_overdue
    from own as o
    inner join ending as e
        on
            o.indicator_id = e.indicator_id
            and o.region_id = e.region_id
            and o.boundary = e.boundary
            and (e.newest_value_end is null or o.period_end > e.newest_value_end)
    where o.state = 'missing'
    group by o.indicator_id, o.region_id, o.boundary
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
    n.note,
    o.snapshot_id
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
