{{ config(materialized='view', meta={'replaced': {'delta': 'feed_period', 'keys': ['feed_id', 'period_id']}}) }}
-- The figure in force of all that was known by `known_until`.
select
    feed_id, source_code, region_id, period_id, period_grain, period_end, cast(published_on as timestamp) as known_at, value, flags
from {{ ref('submission') }}
where not {{ has_versions() }} and cast(published_on as timestamp) <= {{ told('known_until') }}
union all
select
    feed_id, source_code, region_id, period_id, period_grain, period_end, known_at, value, flags | revised as flags
from {{ ref('observation_version') }}
where in_force
