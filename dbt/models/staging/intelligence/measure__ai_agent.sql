-- Agents online at the month's end, where they are run.
with counted as (
    select
        a.region_id,
        g.period as period_id,
        count(*) as agents
    from {{ ref('stg_ai_agent') }} as g
    inner join {{ regions_around() }} as a
        on
            g.region = a.part_id
            and g.period_end between a.valid_from and a.valid_to
    where
        g.status = 'online'
        and a.level in ('district', 'unit', 'city')
    group by a.region_id, g.period
),

{{ measured('ai_agent', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['agents']}]) }}
