-- Every version of the figures that several files carry, when it became known, and which one is in force by `known_until`.
-- Known: at its publication; a later version that carries no later publication date, at its landing. In force: the known one that landed last.
{{ replaced_by('feed_period', ['feed_id', 'period_id']) }}
with submitted as (
    select
        feed_id, source_code, region_id, period_id, period_grain, period_end, value, flags, published_on, landed_at, file_id
    from {{ ref('submission') }}
    where {{ has_versions() }} and {{ in_delta('feed_period', ['feed_id', 'period_id']) }}
),

preceded as (
    select
        *,
        max(published_on) over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at, file_id
            rows between unbounded preceding and 1 preceding
        ) as published_before
    from submitted
),

dated as (
    select
        *,
        case
            when published_before is null or published_on > published_before then cast(published_on as timestamp)
            else landed_at
        end as known_at
    from preceded
),

compared as (
    select
        *,
        lag(value) over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at, file_id
        ) as value_before
    from dated
    where known_at <= {{ told('known_until') }}
)

select
    feed_id,
    source_code,
    region_id,
    period_id,
    period_grain,
    period_end,
    value,
    flags,
    file_id,
    landed_at,
    known_at,
    max(case when value <> value_before then {{ flag_bit('revised') }} else 0 end) over (
        partition by feed_id, source_code, region_id, period_id
    ) as revised,
    row_number() over (
        partition by feed_id, source_code, region_id, period_id
        order by landed_at desc, file_id desc
    ) = 1 as in_force
from compared
