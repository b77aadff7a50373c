{{ config(materialized='view') }}
-- indicator x region (or * for everyone) x span of dates: target, warning line, interval.
select
    g.indicator_id,
    g.region_id,
    f.start_date,
    u.end_date,
    g.target,
    g.warn,
    g.low,
    g.high,
    g.illustrative
from {{ source('registry', 'target') }} as g
inner join {{ source('registry', 'period') }} as f
    on g.period_from = f.period_id
inner join {{ source('registry', 'period') }} as u
    on g.period_to = u.period_id
