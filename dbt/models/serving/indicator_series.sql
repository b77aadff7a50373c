{{ replaced_by('series', ['indicator_id', 'version', 'period_id'], first='{{ gather_regraded() }}', served=true) }}
with combined as (
    select
        indicator_id, version, region_id, period_id,
        'value' as state, value, numerator, denominator, coverage, flags, target, target_illustrative, status,
        cast(null as varchar) as reason, known_on
    from {{ ref('indicator_value') }}
    where {{ in_delta('series', ['indicator_id', 'version', 'period_id']) }}
    union all
    select
        indicator_id, version, region_id, period_id,
        state, null as value, null as numerator, null as denominator, coverage, 0 as flags, null as target, null as target_illustrative, null as status,
        reason, null as known_on
    from {{ ref('indicator_absence') }}
    where {{ in_delta('series', ['indicator_id', 'version', 'period_id']) }}
),

dated as (
    select
        c.*,
        coalesce(r.restated_of, c.region_id) as shown_region_id,
        case when r.restated_of is null then 'at_time' else 'restated' end as boundary,
        p.grain as period_grain,
        p.end_date as period_end,
        i.direction,
        case when i.frequency = 'decade' then decade_before.period_id else p.previous_id end as previous_id
    from combined as c
    inner join {{ source('registry', 'region') }} as r
        on c.region_id = r.region_id
    inner join {{ source('registry', 'period') }} as p
        on c.period_id = p.period_id
    inner join {{ source('registry', 'indicator') }} as i
        on c.indicator_id = i.indicator_id and c.version = i.version
    left join {{ source('registry', 'period') }} as decade_before
        on p.grain = decade_before.grain and p.year - 10 = decade_before.year and p.within = decade_before.within
)

select
    d.indicator_id,
    cast(d.version as integer) as version,
    d.shown_region_id as region_id,
    d.boundary,
    d.period_id,
    d.period_grain,
    d.period_end,
    d.state,
    d.value,
    d.numerator,
    d.denominator,
    cast(d.coverage as double) as coverage,
    cast(d.flags as integer) as flags,
    {{ flag_ids_of('d.flags') }} as flag_ids,
    d.target,
    d.target_illustrative,
    d.status,
    case when d.state = 'value' then coalesce(g.grade, 'A') end as grade,
    b.value as previous,
    d.value - b.value as change,
    case
        when d.value is null or b.value is null or d.direction not in ('higher', 'lower') then null
        when d.value = b.value then 'same'
        when (d.value > b.value) = (d.direction = 'higher') then 'better'
        else 'worse'
    end as change_sense,
    d.reason,
    d.known_on,
    {{ told('snapshot_id') }} as snapshot_id
from dated as d
left join {{ ref('indicator_value') }} as b
    on
        d.indicator_id = b.indicator_id
        and d.version = b.version
        and d.region_id = b.region_id
        and d.previous_id = b.period_id
left join {{ ref('indicator_grade') }} as g
    on
        d.indicator_id = g.indicator_id
        and d.version = g.version
        and d.region_id = g.region_id
        and d.period_id = g.period_id
