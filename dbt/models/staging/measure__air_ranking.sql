-- Every governing unit of the area a list covers: 1 where the list names it, a real 0 where it does not.
-- The lists print zones beside their hosts, so a host's name means its remainder.
with lists as (
    select distinct
        l.period_id,
        l.area,
        l.metric,
        l.side,
        l.published_on,
        l.source_id,
        p.grain,
        p.end_date,
        l.landed_at,
        l.file_id
    from {{ ref('stg_air_ranking') }} as l
    inner join {{ source('registry', 'period') }} as p
        on l.period_id = p.period_id
),

covered as (
    select
        l.*,
        m.region_id
    from lists as l
    inner join {{ source('registry', 'region_alias') }} as a
        on
            l.area = a.alias
            and l.end_date between a.valid_from and a.valid_to
    inner join {{ source('registry', 'peer_member') }} as m
        on
            a.region_id = m.peer_area_id
            and m.peer_scheme_id = 'peer_air'
            and m.unit_grain = 'unit'
            and l.end_date between m.valid_from and m.valid_to
),

named as (
    select
        l.period_id,
        l.area,
        l.metric,
        l.side,
        l.file_id,
        l.row_number,
        coalesce(u.region_id, a.region_id) as region_id
    from {{ ref('stg_air_ranking') }} as l
    inner join {{ source('registry', 'period') }} as p
        on l.period_id = p.period_id
    inner join {{ source('registry', 'region_alias') }} as a
        on
            l.region = a.alias
            and p.end_date between a.valid_from and a.valid_to
    left join {{ source('registry', 'region_unit') }} as u
        on
            u.unit_grain = 'unit'
            and u.region_id = concat('G', a.region_id)
            and p.end_date between u.valid_from and u.valid_to
)

select
    'air_ranking' as feed_id,
    concat(c.side, '_', c.metric) as source_code,
    c.region_id,
    c.period_id,
    c.grain as period_grain,
    c.end_date as period_end,
    min(c.file_id) over (partition by c.period_id) < max(c.file_id) over (partition by c.period_id) as contested,
    cast(case when n.region_id is null then 0 else 1 end as double) as value,
    0 as flags,
    c.published_on,
    c.landed_at,
    c.file_id,
    n.row_number,
    cast(null as varchar) as note,
    c.source_id
from covered as c
left join named as n
    on
        c.period_id = n.period_id
        and c.area = n.area
        and c.metric = n.metric
        and c.side = n.side
        and c.file_id = n.file_id
        and c.region_id = n.region_id
