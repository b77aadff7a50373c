-- Dispatches of event tickets by the town of the ticket, and the time that the town centre takes to the first, for every region around it.
-- What each body asked did for a ticket. Asked twice for one it counts once, at its first limit.
with asked as (
    select
        period as period_id,
        region as region_id,
        ticket_id,
        case when action = 'dispatch' then to_body else body end as body,
        min(case when action = 'dispatch' then due_at end) as due_at,
        min(case when action = 'sign' then acted_at end) as signed_at,
        min(case when action = 'return' then acted_at end) as returned_at
    from {{ stated('event_action') }}
    where action in ('dispatch', 'sign', 'return')
    group by period, region, ticket_id, case when action = 'dispatch' then to_body else body end
),

dispatches as (
    select
        region_id,
        period_id,
        count(*) as ev_dispatches,
        sum(case when signed_at <= due_at then 1 else 0 end) as ev_signed,
        sum(case when returned_at is not null then 1 else 0 end) as ev_returned
    from asked
    where substr(due_at, 1, 7) = replace(period_id, 'M', '-')
    group by region_id, period_id
),

-- What a judgement refused left the queue without a dispatch.
waiting as (
    select
        period as period_id,
        region as region_id,
        ticket_id,
        min(case when action = 'report' then acted_at end) as received_at,
        min(case when action <> 'report' then acted_at end) as left_at,
        max(case when action = 'dispatch' then 1 else 0 end) as ended
    from {{ stated('event_action') }}
    where action in ('report', 'dispatch') or (action = 'judge' and outcome = 'refused')
    group by period, region, ticket_id
),

waited as (
    select
        r.region_id,
        w.period_id,
        {{ minutes_between(
            "cast(w.received_at as timestamp)",
            "coalesce(cast(w.left_at as timestamp), cast(" ~ days_after('p.end_date', 1) ~ " as timestamp))"
        ) }} as span,
        w.ended
    from waiting as w
    inner join {{ source('registry', 'period') }} as p
        on w.period_id = p.period_id
    inner join {{ regions_around() }} as r
        on
            w.region_id = r.part_id
            and p.end_date between r.valid_from and r.valid_to
    where substr(w.received_at, 1, 7) = replace(w.period_id, 'M', '-')
),

centre as (
    {{ survival_percentiles('waited', ['region_id', 'period_id'], {'centre_minutes_median': 0.5}) }}
),

{{ measured('event_action', [
    {'relation': 'dispatches', 'grain': 'town', 'codes': ['ev_dispatches', 'ev_signed', 'ev_returned']},
    {'relation': 'centre', 'codes': ['centre_minutes_median']},
]) }}
