{{ config(materialized='view') }}
-- Observations in the unit of their measure. Where several sources report one measure, the first in priority speaks.
with source_count as (
    select
        measure_id,
        count(*) as sources
    from {{ source('registry', 'measure_source') }}
    group by measure_id
),

sourced as (
    select
        s.measure_id,
        o.region_id,
        o.period_id,
        o.value * s.factor as value,
        o.flags,
        cast(o.known_at as date) as known_on,
        s.priority,
        c.sources
    from {{ ref('observation') }} as o
    inner join {{ source('registry', 'measure_source') }} as s
        on o.feed_id = s.feed_id and o.source_code = s.source_code
    inner join source_count as c
        on s.measure_id = c.measure_id
),

preferred as (
    select
        *,
        row_number() over (partition by measure_id, region_id, period_id order by priority) as preference
    from sourced
    where sources > 1
)

select measure_id, region_id, period_id, value, flags, known_on
from sourced
where sources = 1
union all
select measure_id, region_id, period_id, value, flags, known_on
from preferred
where preference = 1
