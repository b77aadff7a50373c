with landed as (
    select
        r.*,
        cast(r.as_of_year as varchar) as period_id
    from {{ source('raw', 'divisions') }} as r
)

select
    'divisions' as feed_id,
    item.source_code,
    town_code as region_id,
    period_id,
    cast(case item.source_code when 'towns' then 1 else villages end as double) as value,
    0 as flags,
    published_on,
    _landed_at as landed_at,
    _file_id as file_id,
    _row as row_number,
    cast(null as varchar) as note,
    source_id
from landed
cross join (select 'towns' as source_code union all select 'villages' as source_code) as item
