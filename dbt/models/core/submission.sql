-- Every figure that any feed has handed in: feed x source code x region x period x file.
{{ replaced_by('feed_period', ['feed_id', 'period_id']) }}
{% for model in observation_models() if feed_moves(model.removeprefix('measure__').removeprefix('stg_')) %}
select
    feed_id, source_code, region_id, period_id, period_grain, period_end, contested, value, flags, published_on, landed_at, file_id, row_number,
    note, source_id
from {{ ref(model) }}
where {{ in_delta('feed_period', ['feed_id', 'period_id']) }}
{{ 'union all' if not loop.last }}
{% endfor %}
