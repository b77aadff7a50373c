-- The figures of the year to date, for the measures that an indicator asks them of: a flow is summed from the year's first period to the
-- row's own, and is in force if each of those periods is; any other measure keeps the period's own figure.
{{ replaced_by('measure_to_date', ['measure_id', 'period_id']) }}
with wanted as (
    select numerator as measure_id
    from {{ source('registry', 'indicator') }}
    where connected and accumulation = 'year_to_date'
    union
    select denominator as measure_id
    from {{ source('registry', 'indicator') }}
    where connected and accumulation = 'year_to_date' and denominator is not null
),

figure as (
    select
        v.*,
        m.time_rule,
        p.grain,
        p.year,
        p.within
    from {{ ref('measure_value') }} as v
    inner join wanted as w
        on v.measure_id = w.measure_id
    inner join {{ source('registry', 'measure') }} as m
        on v.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on v.period_id = p.period_id
    where {{ in_delta('measure_to_date_part', ['v.measure_id', 'v.period_id'], ['measure_id', 'period_id']) }}
),

summed as (
    select
        measure_id,
        region_id,
        period_id,
        cast(sum(cast(value as decimal(38, 6))) over to_date as double) as value,
        cast(sum(present) over to_date as integer) as present,
        cast(sum(expected) over to_date as integer) as expected,
        {{ any_flag('flags') }} over to_date as flags,
        max(known_on) over to_date as known_on,
        sum(case when in_force then 1 else 0 end) over to_date = greatest(within, 1) as in_force
    from figure
    where time_rule = 'sum'
    window to_date as (partition by measure_id, region_id, grain, year order by within rows between unbounded preceding and current row)
)

select measure_id, region_id, period_id, value, present, expected, flags, known_on, in_force
from summed
where {{ in_delta('measure_to_date', ['measure_id', 'period_id']) }}
union all
select measure_id, region_id, period_id, value, present, expected, flags, known_on, in_force
from figure
where time_rule <> 'sum' and {{ in_delta('measure_to_date', ['measure_id', 'period_id']) }}
