{{ config(materialized='view') }}
-- Every version of a figure and when it became known: at its publication; a later version that carries no later publication date, at its landing.
-- Most (feed, period) slices come from one file, whose keys the contract keeps unique: only slices of several files pay for comparing versions.
with submitted as (
    {% for feed in observation_models() %}
    select feed_id, source_code, region_id, period_id, value, flags, published_on, landed_at, file_id
    from {{ ref(feed) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
),

slice as (
    select
        feed_id,
        period_id,
        min(file_id) < max(file_id) as contested
    from submitted
    group by feed_id, period_id
),

contested as (
    select
        s.*,
        max(s.published_on) over (
            partition by s.feed_id, s.source_code, s.region_id, s.period_id
            order by s.landed_at, s.file_id
            rows between unbounded preceding and 1 preceding
        ) as published_before
    from submitted as s
    inner join slice as c
        on s.feed_id = c.feed_id and s.period_id = c.period_id and c.contested
)

select
    s.feed_id,
    s.source_code,
    s.region_id,
    s.period_id,
    s.value,
    s.flags,
    s.file_id,
    s.landed_at,
    cast(s.published_on as timestamp) as known_at,
    false as contested
from submitted as s
inner join slice as c
    on s.feed_id = c.feed_id and s.period_id = c.period_id and not c.contested
union all
select
    feed_id,
    source_code,
    region_id,
    period_id,
    value,
    flags,
    file_id,
    landed_at,
    case
        when published_before is null or published_on > published_before then cast(published_on as timestamp)
        else landed_at
    end as known_at,
    true as contested
from contested
