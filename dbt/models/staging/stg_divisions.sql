{% set period = 'cast(r.as_of_year as varchar)' %}
with slice as (
    {{ slices('divisions', period) }}
),

item as (
    select 'towns' as source_code
    union all
    select 'villages' as source_code
)

select
    'divisions' as feed_id,
    i.source_code,
    r.town_code as region_id,
    s.period_id,
    s.period_grain,
    s.period_end,
    s.contested,
    cast(case i.source_code when 'towns' then 1 else r.villages end as double) as value,
    0 as flags,
    r.published_on,
    r._landed_at as landed_at,
    r._file_id as file_id,
    r._row as row_number,
    cast(null as varchar) as note,
    r.source_id
from {{ landed_rows('divisions') }} as r
inner join slice as s
    on {{ period }} = s.period_id
cross join item as i
