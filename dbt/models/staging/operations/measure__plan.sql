-- Plans in force by town: all, digital, drilled within twelve months, past their review, drawn up at the grass roots. A plan counts once, whatever
-- its versions. The city's own plans lie in no town: the city's figure has them besides those of its towns.
with plan_in_force as (
    select
        period,
        plan_id,
        min(region) as region,
        min(period_end) as period_end,
        max(case when digital = 'true' then 1 else 0 end) as digital,
        max(case when drilled_on > period_end - interval '12' month and drilled_on <= period_end then 1 else 0 end) as drilled,
        min(case when review_due_on < period_end then 1 else 0 end) as overdue,
        max(case when level in ('town', 'village') then 1 else 0 end) as grassroots
    from {{ stated('plan') }}
    where status = 'in_force'
    group by period, plan_id
),

counted as (
    select
        a.region_id,
        p.period as period_id,
        count(*) as in_force,
        sum(p.digital) as in_force_digital,
        sum(p.drilled) as in_force_drilled,
        sum(p.overdue) as in_force_overdue,
        sum(p.grassroots) as in_force_grassroots
    from plan_in_force as p
    inner join {{ regions_around() }} as a
        on
            p.region = a.part_id
            and a.level in ('town', 'city')
            and p.period_end between a.valid_from and a.valid_to
    group by a.region_id, p.period
),

{{ measured('plan', [
    {
        'relation': 'counted',
        'grain': ['town', 'city'],
        'codes': ['in_force', 'in_force_digital', 'in_force_drilled', 'in_force_overdue', 'in_force_grassroots'],
    },
]) }}
