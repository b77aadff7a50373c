-- One row per finding, in words: what was found where, by which rule, who answers for it, and where it stands.
with named as (
    select
        region_id,
        max(name_zh) as name_zh,
        max(name_en) as name_en
    from {{ source('registry', 'region') }}
    group by region_id
)

select
    {{ told('snapshot_id') }} as snapshot_id,
    f.finding_id,
    f.rule_id,
    r.name_zh as rule_zh,
    r.name_en as rule_en,
    f.dimension,
    f.severity,
    f.feed_id,
    d.name_zh as feed_zh,
    d.name_en as feed_en,
    f.measure_id,
    m.name_zh as measure_zh,
    m.name_en as measure_en,
    f.region_id,
    g.name_zh as region_zh,
    g.name_en as region_en,
    f.unit_id,
    u.name_zh as unit_zh,
    u.name_en as unit_en,
    o.name_zh as owner_zh,
    o.name_en as owner_en,
    f.period_id,
    p.end_date as period_end,
    f.file_id,
    cast(f.row_number as integer) as row_number,
    cast(f.value as double) as value,
    cast(f.expected as double) as expected,
    cast(f.cells as bigint) as cells,
    f.detail_zh,
    f.detail_en,
    k.mark,
    b.name_zh as marked_by_zh,
    b.name_en as marked_by_en,
    k.marked_on,
    k.note_zh,
    k.note_en
from {{ ref('quality_finding') }} as f
inner join {{ ref('finding_mark') }} as k
    on f.finding_id = k.finding_id
inner join {{ source('registry', 'rule') }} as r
    on f.rule_id = r.rule_id
inner join {{ source('registry', 'feed') }} as d
    on f.feed_id = d.feed_id
inner join {{ source('registry', 'body') }} as o
    on d.owner = o.body_id
left join {{ source('registry', 'measure') }} as m
    on f.measure_id = m.measure_id
left join named as g
    on f.region_id = g.region_id
left join named as u
    on f.unit_id = u.region_id
left join {{ source('registry', 'period') }} as p
    on f.period_id = p.period_id
left join {{ source('registry', 'body') }} as b
    on k.marked_by = b.body_id
