-- A habit: what the unit counts by month is pushed into the quarters' last months.
-- Flows are adjusted for the unit's size and for what all units did in the month.
with flow as (
    select
        f.measure_id,
        f.region_id,
        f.period_id,
        f.period_end,
        f.within,
        f.value / nullif(median(f.value) over (partition by f.measure_id, f.region_id), 0) as level
    from {{ ref('unit_figure') }} as f
    inner join {{ source('registry', 'region') }} as r
        on f.region_id = r.region_id and r.level <> 'city'
    where f.kind = 'flow' and f.period_grain = 'month'
    -- Of fewer than ten a month chance makes any pattern.
    qualify median(f.value) over (partition by f.measure_id, f.region_id) >= 10
),

season as (
    select
        measure_id,
        period_id,
        median(level) as level
    from flow
    group by measure_id, period_id
    having median(level) > 0
),

monthly as (
    select
        f.measure_id,
        f.region_id,
        count(case when f.within % 3 = 0 then 1 end) as periods,
        median(case when f.within % 3 = 0 then f.level / s.level end) as last_months,
        median(case when f.within % 3 <> 0 then f.level / s.level end) as other_months,
        {{ quartile(1, 'case when f.within % 3 = 0 then f.level / s.level end') }} as low_last,
        {{ quartile(3, 'case when f.within % 3 <> 0 then f.level / s.level end') }} as high_other,
        max(case when f.within % 3 = 0 then f.period_end end) as newest_end
    from flow as f
    inner join season as s
        on f.measure_id = s.measure_id and f.period_id = s.period_id
    where f.level is not null
    group by f.measure_id, f.region_id
),

found as (
    select
        measure_id,
        region_id,
        last_months / other_months as value,
        cast(1 as double) as expected,
        periods as cells,
        newest_end,
        concat('剔除季节性后，季末月为其他月的 ', {{ number_text('last_months / other_months') }}, ' 倍') as detail_zh,
        concat('Quarters'' last months are ', {{ number_text('last_months / other_months') }}, ' times the others, adjusted for season') as detail_en
    from monthly
    where
        periods >= {{ of_rule('period_end_spike', 'least') }}
        and other_months > 0
        and low_last > high_other
        and last_months >= {{ of_rule('period_end_spike', 'threshold') }} * other_months
)

{{ habit_findings('period_end_spike') }}
