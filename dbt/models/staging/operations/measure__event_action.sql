-- Dispatches of event tickets by the town of the ticket, and the time that the town centre takes to the first, for every region around it.
with action_stated as (
    select
        period as period_id,
        period_end,
        region as region_id,
        ticket_id,
        action,
        body,
        to_body,
        acted_at,
        due_at,
        outcome,
        cast({{ days_after('period_end', 1) }} as timestamp) as month_over
    from {{ ref('stg_event_action') }}
),

-- A body asked twice for one ticket counts once, at its first limit.
sent as (
    select
        period_id,
        region_id,
        ticket_id,
        to_body,
        min(due_at) as due_at
    from action_stated
    where action = 'dispatch'
    group by period_id, region_id, ticket_id, to_body
),

answered as (
    select
        period_id,
        ticket_id,
        body,
        min(case when action = 'sign' then acted_at end) as signed_at,
        min(case when action = 'return' then acted_at end) as returned_at
    from action_stated
    where action in ('sign', 'return')
    group by period_id, ticket_id, body
),

dispatches as (
    select
        s.region_id,
        s.period_id,
        count(*) as ev_dispatches,
        sum(case when a.signed_at <= s.due_at then 1 else 0 end) as ev_signed,
        sum(case when a.returned_at is not null then 1 else 0 end) as ev_returned
    from sent as s
    left join answered as a
        on
            s.period_id = a.period_id
            and s.ticket_id = a.ticket_id
            and s.to_body = a.body
    where substr(s.due_at, 1, 7) = replace(s.period_id, 'M', '-')
    group by s.region_id, s.period_id
),

-- What a judgement refused left the queue without a dispatch.
waiting as (
    select
        period_id,
        period_end,
        region_id,
        ticket_id,
        month_over,
        min(case when action = 'report' then acted_at end) as received_at,
        min(case when action = 'dispatch' then acted_at end) as dispatched_at,
        min(case when action = 'dispatch' or (action = 'judge' and outcome = 'refused') then acted_at end) as left_at
    from action_stated
    group by period_id, period_end, region_id, ticket_id, month_over
),

waited as (
    select
        r.region_id,
        w.period_id,
        {{ minutes_between('cast(w.received_at as timestamp)', 'coalesce(cast(w.left_at as timestamp), w.month_over)') }} as span,
        case when w.dispatched_at is null then 0 else 1 end as ended
    from waiting as w
    inner join {{ regions_around() }} as r
        on
            w.region_id = r.part_id
            and w.period_end between r.valid_from and r.valid_to
    where substr(w.received_at, 1, 7) = replace(w.period_id, 'M', '-')
),

centre as (
    {{ survival_percentiles('waited', ['region_id', 'period_id'], {'centre_minutes_median': 0.5}) }}
),

{{ measured('event_action', [
    {'relation': 'dispatches', 'grain': 'town', 'codes': ['ev_dispatches', 'ev_signed', 'ev_returned']},
    {'relation': 'centre', 'codes': ['centre_minutes_median']},
]) }}
