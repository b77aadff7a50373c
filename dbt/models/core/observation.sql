-- The figure in force of all that was known by `known_until`: the version that landed last.
with known as (
    select *
    from {{ ref('observation_version') }}
    where known_at <= {{ told('known_until') }}
),

ordered as (
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
    from known
    where contested
),

history as (
    select
        feed_id,
        source_code,
        region_id,
        period_id,
        max(case when value <> value_before then {{ flag_bit('revised') }} else 0 end) as revised,
        cast(count(*) as integer) as versions
    from ordered
    group by feed_id, source_code, region_id, period_id
)

select
    feed_id,
    source_code,
    region_id,
    period_id,
    known_at,
    value,
    flags,
    1 as versions
from known
where not contested
union all
select
    o.feed_id,
    o.source_code,
    o.region_id,
    o.period_id,
    o.known_at,
    o.value,
    o.flags | h.revised as flags,
    h.versions
from ordered as o
inner join history as h
    on
        o.feed_id = h.feed_id
        and o.source_code = h.source_code
        and o.region_id = h.region_id
        and o.period_id = h.period_id
where o.newest = 1
