-- Data returned: ten thousands of rows by district, unit and city, and the towns that used at least one table returned to them.
with of_regions as (
    {{ by_owner(stated('data_return'), {'rows_returned': 'sum(rows) / 10000.0'}) }}
),

-- What a district used says nothing of the town in which its bodies sit.
of_towns as (
    select distinct
        region as region_id,
        period as period_id,
        1 as towns_served
    from {{ stated('data_return') }}
    where
        level = 'town'
        and calls > 0
),

{{ measured('data_return', [
    {'relation': 'of_regions', 'grain': ['district', 'unit', 'city'], 'codes': ['rows_returned']},
    {'relation': 'of_towns', 'grain': 'town', 'codes': ['towns_served']},
]) }}
