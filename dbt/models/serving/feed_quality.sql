-- One row per feed and period: its scores, the share that passes governance, and its grade.
select
    {{ told('snapshot_id') }} as snapshot_id,
    s.feed_id,
    d.name_zh as feed_zh,
    d.name_en as feed_en,
    o.name_zh as owner_zh,
    o.name_en as owner_en,
    s.period_id,
    p.grain as period_grain,
    p.end_date as period_end,
    s.expected,
    s.received,
    s.late,
    s.passed,
    s.completeness,
    s.timeliness,
    s.validity,
    s.uniqueness,
    s.consistency,
    s.plausibility,
    s.honesty,
    s.pass_rate,
    s.grade
from {{ ref('feed_score') }} as s
inner join {{ source('registry', 'feed') }} as d
    on s.feed_id = d.feed_id
inner join {{ source('registry', 'body') }} as o
    on d.owner = o.body_id
inner join {{ source('registry', 'period') }} as p
    on s.period_id = p.period_id
