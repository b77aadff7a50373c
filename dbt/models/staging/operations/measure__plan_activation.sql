-- Plans started in the month by town: the starts, the minutes from event to start, the events answered, and those answered with the plan that the
-- system proposed. An event counts in the month in which its plan was started, once however many plans were.
with activated as (
    select
        *,
        coalesce(event_id, activation_id) as answered
    from {{ stated('plan_activation') }}
    where substr(activated_at, 1, 7) = replace(period, 'M', '-')
),

counted as (
    select
        region as region_id,
        period as period_id,
        count(distinct answered) as events,
        count(distinct case when matched = 'true' then answered end) as events_matched,
        {{ exact_sum(minutes_between('cast(event_at as timestamp)', 'cast(activated_at as timestamp)')) }} as activation_minutes,
        count(*) as activations
    from activated
    group by region, period
),

{{ measured('plan_activation', [
    {'relation': 'counted', 'grain': 'town', 'codes': ['events', 'events_matched', 'activation_minutes', 'activations']},
]) }}
