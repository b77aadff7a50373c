-- Devices not retired at the month's end by town: on the register, online, the hours of rain and river stations, the readings due by interval
-- (a device that only reports what occurs owes none); those on bridges and tunnels by district. A device owes from the day after its installation.
with device as (
    select
        d.*,
        p.start_date,
        {{ minutes_between(
            'cast(greatest(p.start_date, ' ~ days_after('d.installed_on', 1) ~ ') as timestamp)',
            'cast(' ~ days_after('p.end_date', 1) ~ ' as timestamp)'
        ) }} / 1440 as days,
        case when d.status = 'online' then 1 else 0 end as online,
        case when d.object_class in ('rain_gauge', 'river_gauge') then 1 else 0 end as hydro
    from {{ stated('sensing_device') }} as d
    inner join {{ source('registry', 'period') }} as p
        on d.period = p.period_id
    where d.status <> 'retired'
),

counted as (
    select
        region as region_id,
        period as period_id,
        count(*) as devices,
        sum(online) as devices_online,
        sum(hydro * days * 24) as hydro_hours_due,
        {{ exact_sum('hydro * days * online_minutes / 60') }} as hydro_hours_online,
        {{ exact_sum('case when interval_seconds > 0 then days * 86400 / interval_seconds else 0 end') }} as readings_due
    from device
    group by region, period
),

on_structures as (
    select
        a.region_id,
        d.period as period_id,
        count(*) as structure_points,
        sum(d.online) as structure_points_online
    from device as d
    inner join {{ regions_around() }} as a
        on
            d.region = a.part_id
            and a.level in ('district', 'unit', 'city')
            and d.period_end between a.valid_from and a.valid_to
    where d.object_class in ('bridge', 'bridge_pier', 'cable_bridge', 'tunnel')
    group by a.region_id, d.period
),

{{ measured('sensing_device', [
    {
        'relation': 'counted',
        'grain': 'town',
        'codes': ['devices', 'devices_online', 'hydro_hours_due', 'hydro_hours_online', 'readings_due'],
    },
    {
        'relation': 'on_structures',
        'grain': ['district', 'unit', 'city'],
        'codes': ['structure_points', 'structure_points_online'],
    },
]) }}
