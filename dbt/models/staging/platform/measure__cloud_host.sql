-- Cores over the days of the month, and the systems on the hosts of its last day.
with placed as (
    select
        a.region_id,
        h.period as period_id,
        h.day = h.period_end as at_end,
        h.system_id,
        h.migration,
        h.cores,
        h.cpu_use
    from {{ stated('cloud_host') }} as h
    inner join {{ regions_around() }} as a
        on
            h.region = a.part_id
            and h.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
),

counted as (
    select
        region_id,
        period_id,
        sum(cores) as core_days,
        {{ exact_sum('cores * cpu_use / 100') }} as core_days_used,
        count(distinct case when at_end and migration = 'migrated' then system_id end) as systems_moved,
        count(distinct case when at_end and migration <> 'native' then system_id end) as systems_to_move
    from placed
    group by region_id, period_id
),

{{ measured('cloud_host', [{
    'relation': 'counted',
    'grain': ['district', 'unit', 'city'],
    'codes': ['core_days', 'core_days_used', 'systems_moved', 'systems_to_move'],
}]) }}
