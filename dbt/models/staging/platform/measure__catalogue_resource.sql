-- Resource classes listed at the month's end, by district, unit and city of their owner; those that left in the month are not counted.
with owned as (
    select
        region,
        period,
        period_end,
        count(*) as resources,
        sum(case when connected = 'true' then 1 else 0 end) as resources_connected
    from {{ ref('stg_catalogue_resource') }}
    where status = 'listed'
    group by region, period, period_end
),

counted as (
    select
        a.region_id,
        o.period as period_id,
        sum(o.resources) as resources,
        sum(o.resources_connected) as resources_connected
    from owned as o
    inner join {{ regions_around() }} as a
        on
            o.region = a.part_id
            and o.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, o.period
),

{{ measured('catalogue_resource', [
    {'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['resources', 'resources_connected']},
]) }}
