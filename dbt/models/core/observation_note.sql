-- What the source says about the figure in force: feed x source code x region x period, only where something is said.
with said as (
    select
        feed_id, source_code, region_id, period_id, note, file_id, {{ has_versions() }} as contested, published_on
    from {{ ref('submission') }}
    where note is not null
)

select
    s.feed_id,
    s.source_code,
    s.region_id,
    s.period_id,
    s.note
from said as s
left join {{ ref('observation_version') }} as v
    on
        s.feed_id = v.feed_id
        and s.source_code = v.source_code
        and s.region_id = v.region_id
        and s.period_id = v.period_id
        and s.file_id = v.file_id
        and v.in_force
where
    v.file_id is not null
    or (not s.contested and cast(s.published_on as timestamp) <= {{ told('known_until') }})
