-- Requests due and met, hours to a decision and minutes to opening, by district, unit and city of the body that asks.
with of_regions as (
    select
        q.*,
        a.region_id,
        substr(q.due_at, 1, 4) || 'M' || substr(q.due_at, 6, 2) as due_in,
        substr(q.approved_at, 1, 4) || 'M' || substr(q.approved_at, 6, 2) as decided_in
    from {{ stated('resource_request') }} as q
    inner join {{ regions_around() }} as a
        on
            q.region = a.part_id
            and q.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
),

-- A request withdrawn is not one to be met.
due as (
    select
        region_id,
        period as period_id,
        count(*) as requests_due,
        sum(case when opened_at <= due_at and coalesce(met, 'true') = 'true' then 1 else 0 end) as requests_met
    from of_regions
    where
        due_in = period
        and coalesce(decision, 'open') != 'withdrawn'
    group by region_id, period
),

decided as (
    select
        region_id,
        period as period_id,
        percentile_cont(0.9) within group (
            order by {{ minutes_between('cast(requested_at as timestamp)', 'cast(approved_at as timestamp)') }} / 60
        ) as request_approve_p90
    from of_regions
    where
        decided_in = period
        and decision in ('granted', 'refused')
    group by region_id, period
),

-- The quarter's requests as its last file that has them tells them, at the regions of the quarter's end.
latest as (
    select
        r.*,
        q.period_id as quarter_id,
        q.start_date as quarter_start,
        q.end_date as quarter_end
    from {{ stated('resource_request') }} as r
    inner join {{ source('registry', 'period') }} as q
        on
            q.grain = 'quarter'
            and r.period_end between q.start_date and q.end_date
    qualify row_number() over (partition by q.period_id, r.request_id order by r.period desc) = 1
),

opened as (
    select
        a.region_id,
        l.quarter_id as period_id,
        percentile_cont(0.5) within group (
            order by {{ minutes_between('cast(l.approved_at as timestamp)', 'cast(l.opened_at as timestamp)') }}
        ) as request_minutes_median
    from latest as l
    inner join {{ regions_around() }} as a
        on
            l.region = a.part_id
            and l.quarter_end between a.valid_from and a.valid_to
    where
        a.level in ('district', 'unit', 'city')
        and cast(l.opened_at as date) between l.quarter_start and l.quarter_end
    group by a.region_id, l.quarter_id
),

{{ measured('resource_request', [
    {'relation': 'due', 'grain': ['district', 'unit', 'city'], 'codes': ['requests_due', 'requests_met']},
    {'relation': 'decided', 'codes': ['request_approve_p90']},
    {'relation': 'opened', 'codes': ['request_minutes_median']},
]) }}
