-- One row per feed, unit and period in which the unit's return was due: how much of it came, and when.
select
    {{ told('snapshot_id') }} as snapshot_id,
    q.feed_id,
    d.name_zh as feed_zh,
    d.name_en as feed_en,
    q.unit_id,
    u.name_zh as unit_zh,
    u.name_en as unit_en,
    u.short_zh as unit_short_zh,
    u.short_en as unit_short_en,
    q.period_id,
    p.end_date as period_end,
    cast(q.expected as bigint) as expected,
    cast(q.received as bigint) as received,
    cast(q.late as bigint) as late,
    q.first_received_on,
    q.due_on
from {{ ref('unit_feed_period') }} as q
inner join {{ source('registry', 'feed') }} as d
    on q.feed_id = d.feed_id
inner join {{ source('registry', 'region') }} as u
    on q.unit_id = u.region_id
inner join {{ source('registry', 'period') }} as p
    on q.period_id = p.period_id
