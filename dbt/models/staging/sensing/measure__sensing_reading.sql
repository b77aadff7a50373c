-- Good readings by town: all, pressure of the water network, building-days of high-rise fire mains, hours of site dust monitors; and by district the
-- spells of low oxygen. A spell is a run of at least three days of one month; a day without a good reading ends it.
with reading as (
    select
        period,
        period_end,
        region,
        device_id,
        object_id,
        quantity,
        object_class,
        read_at,
        value,
        low_limit,
        high_limit
    from {{ stated('sensing_reading') }}
    where quality = 'good'
),

arrived as (
    select
        region as region_id,
        period as period_id,
        count(*) as readings_good,
        sum(case when object_class = 'water_main' and quantity = 'water_pressure' then 1 else 0 end) as pressure_readings,
        sum(
            case when object_class = 'water_main' and quantity = 'water_pressure' and value between 0.14 and 0.6 then 1 else 0 end
        ) as pressure_readings_ok
    from reading
    group by region, period
),

building_day as (
    select
        region,
        period,
        min(case when value >= low_limit and value <= high_limit then 1 else 0 end) as in_range
    from reading
    where object_class = 'fire_main' and quantity = 'static_pressure'
    group by region, period, object_id, substr(read_at, 1, 10)
),

highrise as (
    select
        region as region_id,
        period as period_id,
        count(*) as highrise_checks,
        sum(in_range) as highrise_checks_ok
    from building_day
    group by region, period
),

dust_hour as (
    select
        region,
        period,
        case when {{ exact_sum('value') }} / count(value) > max(high_limit) then 1 else 0 end as over_limit
    from reading
    where object_class = 'site_monitor' and quantity = 'pm10'
    group by region, period, device_id, substr(read_at, 1, 13)
),

dust as (
    select
        region as region_id,
        period as period_id,
        count(*) as dust_hours_valid,
        sum(over_limit) as dust_hours
    from dust_hour
    group by region, period
),

-- Days of a section under its limit; consecutive ones have the same distance from their rank.
oxygen_day as (
    select
        region,
        period,
        period_end,
        object_id,
        cast(substr(read_at, 9, 2) as integer) as day
    from reading
    where object_class = 'river_section' and quantity = 'dissolved_oxygen'
    group by region, period, period_end, object_id, substr(read_at, 9, 2)
    having {{ exact_sum('value') }} / count(value) < max(low_limit)
),

oxygen_run as (
    select
        region,
        period,
        period_end,
        object_id,
        day - row_number() over (partition by region, period, object_id order by day) as run
    from oxygen_day
),

oxygen_spell as (
    select
        region,
        period,
        period_end
    from oxygen_run
    group by region, period, period_end, object_id, run
    having count(*) >= 3
),

oxygen as (
    select
        a.region_id,
        s.period as period_id,
        count(*) as oxygen_spells
    from oxygen_spell as s
    inner join {{ regions_around() }} as a
        on
            s.region = a.part_id
            and a.level in ('district', 'unit', 'city')
            and s.period_end between a.valid_from and a.valid_to
    group by a.region_id, s.period
),

{{ measured('sensing_reading', [
    {'relation': 'arrived', 'grain': 'town', 'codes': ['readings_good', 'pressure_readings', 'pressure_readings_ok']},
    {'relation': 'highrise', 'grain': 'town', 'codes': ['highrise_checks', 'highrise_checks_ok']},
    {'relation': 'dust', 'grain': 'town', 'codes': ['dust_hours', 'dust_hours_valid']},
    {'relation': 'oxygen', 'grain': ['district', 'unit', 'city'], 'codes': ['oxygen_spells']},
]) }}
