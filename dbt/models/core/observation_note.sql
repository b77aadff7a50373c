-- What the source itself says about a figure: feed x source code x region x period, newest file first, only where something is said.
with said as (
    {% for feed in observation_models() %}
    select feed_id, source_code, region_id, period_id, note, file_id
    from {{ ref(feed) }}
    where note is not null
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    feed_id,
    source_code,
    region_id,
    period_id,
    {{ value_at_latest('note', 'file_id') }} as note
from said
group by feed_id, source_code, region_id, period_id
