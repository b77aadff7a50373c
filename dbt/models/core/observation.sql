-- When a figure became known: at its publication; a later version that carries no later publication date, at its landing.
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
),

dated as (
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
        end as known_at
    from contested
),

ranked as (
    select
        *,
        lag(value) over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at, file_id
        ) as value_before,
        row_number() over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at desc, file_id desc
        ) as newest
    from dated
    where known_at <= cast('{{ var("known_until") }}' as timestamp)
),

revised as (
    select
        feed_id,
        source_code,
        region_id,
        period_id,
        max(case when value <> value_before then 1 else 0 end) as was_revised,
        count(*) as versions
    from ranked
    group by feed_id, source_code, region_id, period_id
)

select
    s.feed_id,
    s.source_code,
    s.region_id,
    s.period_id,
    cast(s.published_on as timestamp) as known_at,
    s.value,
    s.flags,
    1 as versions
from submitted as s
inner join slice as c
    on s.feed_id = c.feed_id and s.period_id = c.period_id and not c.contested
where cast(s.published_on as timestamp) <= cast('{{ var("known_until") }}' as timestamp)
union all
select
    n.feed_id,
    n.source_code,
    n.region_id,
    n.period_id,
    n.known_at,
    n.value,
    n.flags | case when r.was_revised = 1 then {{ flag_bit('revised') }} else 0 end as flags,
    cast(r.versions as integer) as versions
from ranked as n
inner join revised as r
    on
        n.feed_id = r.feed_id
        and n.source_code = r.source_code
        and n.region_id = r.region_id
        and n.period_id = r.period_id
where n.newest = 1
