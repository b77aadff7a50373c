-- Every figure that any feed has handed in: feed x source code x region x period x file.
{% for feed in observation_models() %}
select
    feed_id, source_code, region_id, period_id, period_grain, period_end, contested, value, flags, published_on, landed_at, file_id, row_number,
    note, source_id
from {{ ref(feed) }}
{{ 'union all' if not loop.last }}
{% endfor %}
