-- Calls by the month in which they were registered, dispatched, due, answered or called back. A statement holds every call that had one of these in
-- its month. A case is a call of which an agent heard what is asked for; an order is a case that was dispatched under a ticket.
with hotline_call as (
    select
        region,
        period,
        answered,
        wait_seconds,
        category,
        settled_at_once,
        repeated,
        solved,
        satisfied,
        upheld,
        due_at,
        answered_at,
        -- What is written waits in no queue, and transferred calls have waited elsewhere.
        replace(substring(called_at, 1, 7), '-', 'M') = period and channel = 'phone' as is_queued,
        replace(substring(called_at, 1, 7), '-', 'M') = period and request is not null as is_case,
        ticket_id is not null and replace(substring(due_at, 1, 7), '-', 'M') = period as is_due,
        replace(substring(answered_at, 1, 7), '-', 'M') = period as is_answered,
        ticket_id is not null and coalesce(replace(substring(revisited_at, 1, 7), '-', 'M') = period, false) as is_revisited,
        request in ('complaint', 'report') as is_complaint,
        coalesce(duplicate = 'true', false) as is_duplicate,
        category in ('noise_building', 'noise_social', 'noise_traffic', 'noise_industry') as is_noise
    from {{ stated('hotline_call') }}
),

-- Duplicates are cases, but are left out wherever a definition says so. A callback is valid with both answers.
counted as (
    select
        region as region_id,
        period as period_id,
        count(*) filter (where is_case) as hotline_cases,
        count(*) filter (where is_case and settled_at_once = 'true') as hotline_direct,
        count(*) filter (where is_case and repeated = 'true') as hotline_repeat,
        count(*) filter (where is_due) as hotline_due,
        count(*) filter (where is_due and answered_at <= due_at) as hotline_on_time,
        count(*) filter (where is_revisited) as hotline_revisits,
        count(*) filter (where is_revisited and solved is not null and satisfied is not null) as hotline_revisits_valid,
        count(*) filter (where is_revisited and solved = 'true' and satisfied is not null) as hotline_solved,
        count(*) filter (where is_revisited and solved is not null and satisfied = 'true') as hotline_satisfied,
        count(*) filter (where is_case and is_complaint and not is_duplicate and is_noise) as noise_complaints,
        count(*) filter (where is_revisited and is_complaint and is_noise and solved is not null) as noise_complaints_asked,
        count(*) filter (where is_revisited and is_complaint and is_noise and solved = 'true') as noise_complaints_solved,
        count(*) filter (
            where is_case and is_complaint and not is_duplicate and category in ('air_industry', 'air_odour', 'air_cooking', 'air_dust')
        ) as air_complaints,
        count(*) filter (where is_case and not is_duplicate and category in ('telecom_mobile', 'telecom_broadband')) as telecom_complaints,
        count(*) filter (where is_case and not is_duplicate and category in ('water_quality', 'water_pressure')) as water_quality_calls,
        -- Upheld or not is known with the answer, so a complaint counts in the month of that.
        count(*) filter (where is_answered and is_complaint and upheld = 'true' and category in ('taxi_cab', 'taxi_hailed')) as taxi_complaints,
        count(*) filter (where is_queued and (answered = 'true' or wait_seconds > 5)) as hotline_offered,
        count(*) filter (where is_queued and answered = 'true' and wait_seconds <= 15) as hotline_15s
    from hotline_call
    group by region, period
),

counted_around as (
    select
        r.region_id,
        p.period_id,
        sum(n.taxi_complaints) as taxi_complaints,
        sum(n.hotline_offered) as hotline_offered,
        sum(n.hotline_15s) as hotline_15s
    from counted as n
    inner join {{ source('registry', 'period') }} as p
        on n.period_id = p.period_id
    inner join {{ regions_around() }} as r
        on
            n.region_id = r.part_id
            and p.end_date between r.valid_from and r.valid_to
    where r.level in ('district', 'unit', 'city')
    group by r.region_id, p.period_id
),

-- Orders dispatched in a month or quarter, as each of its statements left them.
dispatch_stated as (
    select
        o.call_id,
        o.period,
        o.region,
        p.period_id,
        p.grain,
        p.end_date,
        case when o.answered_at is null then 0 else 1 end as ended,
        {{ minutes_between(
            "cast(o.dispatched_at as timestamp)",
            "coalesce(cast(o.answered_at as timestamp), cast(" ~ days_after('p.end_date', 1) ~ " as timestamp))"
        ) }} / 60 as span
    from {{ stated('hotline_call') }} as o
    inner join {{ periods_of_months() }} as p
        on o.period = p.period
    where
        o.ticket_id is not null
        and o.dispatched_at >= cast(p.start_date as varchar)
),

-- A month has one statement of a call, of a quarter's the last counts.
dispatched as (
    select
        region,
        period_id,
        end_date,
        ended,
        span
    from dispatch_stated
    where grain = 'month'
    union all
    select
        {{ value_at_latest('region', 'period') }} as region,
        period_id,
        end_date,
        {{ value_at_latest('ended', 'period') }} as ended,
        {{ value_at_latest('span', 'period') }} as span
    from dispatch_stated
    where grain = 'quarter'
    group by period_id, end_date, call_id
),

dispatched_around as (
    select
        r.region_id,
        d.period_id,
        d.ended,
        d.span
    from dispatched as d
    inner join {{ regions_around() }} as r
        on
            d.region = r.part_id
            and d.end_date between r.valid_from and r.valid_to
    where r.level in ('district', 'unit', 'city')
),

order_time as (
    {{ survival_percentiles('dispatched_around', ['region_id', 'period_id'], {'hotline_hours_p90': 0.9}) }}
),

{{ measured('hotline_call', [
    {
        'relation': 'counted',
        'grain': 'town',
        'codes': [
            'hotline_cases', 'hotline_direct', 'hotline_repeat', 'hotline_due', 'hotline_on_time', 'hotline_revisits', 'hotline_revisits_valid',
            'hotline_solved', 'hotline_satisfied', 'noise_complaints', 'noise_complaints_asked', 'noise_complaints_solved', 'air_complaints',
            'telecom_complaints', 'water_quality_calls',
        ],
    },
    {'relation': 'counted_around', 'grain': ['district', 'unit', 'city'], 'codes': ['taxi_complaints']},
    {'relation': 'counted_around', 'grain': 'city', 'codes': ['hotline_offered', 'hotline_15s']},
    {'relation': 'order_time', 'codes': ['hotline_hours_p90']},
]) }}
