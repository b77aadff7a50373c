-- Components listed at the month's end, where they belong.
with counted as (
    select
        a.region_id,
        m.period as period_id,
        count(*) as components
    from {{ ref('stg_component') }} as m
    inner join {{ regions_around() }} as a
        on
            m.region = a.part_id
            and m.period_end between a.valid_from and a.valid_to
    where
        m.status = 'listed'
        and a.level in ('district', 'unit', 'city')
    group by a.region_id, m.period
),

{{ measured('component', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['components']}]) }}
