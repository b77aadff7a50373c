-- Databases and data spaces as they stand on the month's last day; earlier days of the file are not counted.
with standing as (
    select *
    from {{ ref('stg_database_stock') }}
    where day = period_end
),

of_regions as (
    select
        a.region_id,
        s.period as period_id,
        sum(case when s.kind = 'data_space' and s.level = 'city' then 1 else 0 end) as spaces_city,
        sum(case when s.kind = 'data_space' and s.level = 'district' then 1 else 0 end) as spaces_district,
        sum(s.tables_with_cycle) as tables_kept,
        sum(s.tables_late) as tables_late
    from standing as s
    inner join {{ regions_around() }} as a
        on
            s.region = a.part_id
            and s.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, s.period
),

of_towns as (
    select distinct
        region as region_id,
        period as period_id,
        1 as towns_with_space
    from standing
    where
        kind = 'data_space'
        and level = 'town'
),

{{ measured('database_stock', [
    {'relation': 'of_regions', 'grain': 'city', 'codes': ['spaces_city']},
    {'relation': 'of_regions', 'grain': 'unit', 'codes': ['spaces_district']},
    {'relation': 'of_regions', 'grain': ['district', 'unit', 'city'], 'codes': ['tables_kept', 'tables_late']},
    {'relation': 'of_towns', 'grain': 'town', 'codes': ['towns_with_space']},
]) }}
