-- One row per place that a published list names. Cumulative lists (`2019-01..09`) overlap the monthly ones and stay out.
select
    concat(substring(r.period, 1, 4), 'M', substring(r.period, 6, 2)) as period_id,
    r.area,
    case r.metric when 'PM2.5' then 'pm25' else 'days' end as metric,
    r.side,
    r.position,
    r.region,
    r.published_on,
    r._landed_at as landed_at,
    r._file_id as file_id,
    r._row as row_number,
    r.source_id
from {{ landed_rows('air_ranking') }} as r
where length(r.period) = 7
