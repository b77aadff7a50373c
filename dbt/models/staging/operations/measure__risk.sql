-- Major work hazards (red risks of work safety) by town: due, removed within their limit, open at the end.
with hazard as (
    select
        *,
        replace(period, 'M', '-') as month
    from {{ stated('risk') }}
    where category = 'work_safety' and level = 'red'
),

counted as (
    select
        region as region_id,
        period as period_id,
        sum(case when substr(due_at, 1, 7) = month then 1 else 0 end) as major_hazards_due,
        sum(case when substr(due_at, 1, 7) = month and removed_at <= due_at then 1 else 0 end) as major_hazards_fixed,
        sum(case when removed_at is null then 1 else 0 end) as major_hazards_open
    from hazard
    group by region, period
),

{{ measured('risk', [
    {'relation': 'counted', 'grain': 'town', 'codes': ['major_hazards_due', 'major_hazards_fixed', 'major_hazards_open']},
]) }}
