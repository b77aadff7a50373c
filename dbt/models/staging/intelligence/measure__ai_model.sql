-- Models online at the month's end, where they are run.
with counted as (
    select
        a.region_id,
        m.period as period_id,
        count(*) as models
    from {{ ref('stg_ai_model') }} as m
    inner join {{ regions_around() }} as a
        on
            m.region = a.part_id
            and m.period_end between a.valid_from and a.valid_to
    where
        m.status = 'online'
        and a.level in ('district', 'unit', 'city')
    group by a.region_id, m.period
),

{{ measured('ai_model', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['models']}]) }}
