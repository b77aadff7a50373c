-- Data returned: ten thousands of rows by district, unit and city, and the towns that used at least one table returned to them.
with received as (
    select
        region,
        period,
        period_end,
        sum(rows) / 10000.0 as rows_returned
    from {{ ref('stg_data_return') }}
    group by region, period, period_end
),

of_regions as (
    select
        a.region_id,
        d.period as period_id,
        sum(d.rows_returned) as rows_returned
    from received as d
    inner join {{ regions_around() }} as a
        on
            d.region = a.part_id
            and d.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, d.period
),

-- What a district used says nothing of the town in which its bodies sit.
of_towns as (
    select distinct
        region as region_id,
        period as period_id,
        1 as towns_served
    from {{ ref('stg_data_return') }}
    where
        level = 'town'
        and calls > 0
),

{{ measured('data_return', [
    {'relation': 'of_regions', 'grain': ['district', 'unit', 'city'], 'codes': ['rows_returned']},
    {'relation': 'of_towns', 'grain': 'town', 'codes': ['towns_served']},
]) }}
