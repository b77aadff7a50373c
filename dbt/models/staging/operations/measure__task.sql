-- Key tasks by the town of the body responsible: handed out and signed for, due and done in time, put up for acceptance and sent back, late and
-- open. A cancelled task is no longer due. The median of days is over the tasks whose limit falls in the period; an open one counts with its age.
with task as (
    select
        *,
        replace(period, 'M', '-') as month,
        status <> 'cancelled' as due,
        coalesce(finished_at <= due_at and verified = 'true', false) as on_time
    from {{ stated('task') }}
),

counted as (
    select
        region as region_id,
        period as period_id,
        sum(case when substr(issued_at, 1, 7) = month then 1 else 0 end) as tasks_issued,
        sum(case when substr(issued_at, 1, 7) = month and signed_at <= sign_due_at then 1 else 0 end) as tasks_signed,
        sum(case when due and substr(due_at, 1, 7) = month then 1 else 0 end) as tasks_due,
        sum(case when due and substr(due_at, 1, 7) = month and on_time then 1 else 0 end) as tasks_on_time,
        sum(case when due and substr(due_at, 1, 7) <= month and finished_at is null then 1 else 0 end) as tasks_late_open,
        sum(case when substr(submitted_at, 1, 7) = month then 1 else 0 end) as tasks_checked,
        sum(case when substr(submitted_at, 1, 7) = month and returns > 0 then 1 else 0 end) as tasks_returned
    from task
    group by region, period
),

-- A task as it stood at the end of a month or of a quarter.
task_of_period as (
    select
        q.period_id,
        q.start_date,
        q.end_date,
        t.region,
        t.due,
        cast(substr(t.due_at, 1, 10) as date) as due_on,
        cast(t.issued_at as timestamp) as issued_at,
        coalesce(cast(t.finished_at as timestamp), cast({{ days_after('t.period_end', 1) }} as timestamp)) as stopped_at
    from task as t
    inner join {{ source('registry', 'period') }} as m
        on t.period = m.period_id
    inner join {{ source('registry', 'period') }} as q
        on
            q.grain in ('month', 'quarter')
            and m.start_date >= q.start_date
            and m.end_date <= q.end_date
    qualify row_number() over (partition by q.period_id, t.task_id order by t.period desc) = 1
),

median_days as (
    select
        a.region_id,
        t.period_id,
        percentile_cont(0.5) within group (order by {{ minutes_between('t.issued_at', 't.stopped_at') }} / 1440) as task_days_median
    from task_of_period as t
    inner join {{ regions_around() }} as a
        on
            t.region = a.part_id
            and a.level in ('district', 'unit', 'city')
            and t.end_date between a.valid_from and a.valid_to
    where t.due and t.due_on between t.start_date and t.end_date
    group by a.region_id, t.period_id
),

{{ measured('task', [
    {
        'relation': 'counted',
        'grain': 'town',
        'codes': [
            'tasks_issued', 'tasks_signed', 'tasks_due', 'tasks_on_time', 'tasks_late_open', 'tasks_checked', 'tasks_returned',
        ],
    },
    {'relation': 'median_days', 'codes': ['task_days_median']},
]) }}
