-- Databases and data spaces as they stand on the month's last day; earlier days of the file are not counted.
with standing as (
    select *
    from {{ stated('database_stock') }}
    where day = period_end
),

of_regions as (
    {{ by_owner('standing', {
        'spaces_city': "sum(case when kind = 'data_space' and level = 'city' then 1 else 0 end)",
        'spaces_district': "sum(case when kind = 'data_space' and level = 'district' then 1 else 0 end)",
        'tables_kept': 'sum(tables_with_cycle)',
        'tables_late': 'sum(tables_late)',
    }) }}
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
