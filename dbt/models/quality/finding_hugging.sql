-- A habit: the unit's ratios lie just at the target, more often than the other units' do.
with ratio as (
    select
        i.indicator_id,
        i.numerator as measure_id,
        n.region_id,
        n.period_end as end_date,
        concat(n.value, '/', d.value) as terms,
        -- How far above the target, where more is better; how far below it, where less is; and what a single case makes.
        case i.direction when 'higher' then 1 else -1 end * (n.value / d.value * i.factor - v.target) as above,
        i.factor / d.value as one_case
    from {{ source('registry', 'indicator') }} as i
    inner join {{ ref('unit_figure') }} as n
        on i.numerator = n.measure_id
    -- Of fewer than a hundred cases one per cent is less than a case.
    inner join {{ ref('unit_figure') }} as d
        on
            i.denominator = d.measure_id
            and n.region_id = d.region_id
            and n.period_id = d.period_id
            and d.value >= 100
    inner join {{ ref('indicator_value') }} as v
        on
            i.indicator_id = v.indicator_id
            and i.version = v.version
            and n.region_id = v.region_id
            and n.period_id = v.period_id
            -- Who is at a target of all has nothing to stop at.
            and v.target not in (0, i.factor)
    where
        i.status = 'active'
        and i.transform = 'level'
        and i.direction in ('higher', 'lower')
        -- What is counted comes case by case.
        and n.value = floor(n.value)
),

-- Only what moves can be pushed: a ratio whose terms stay the same is counted once.
at_target as (
    select
        measure_id,
        region_id,
        count(distinct terms) as periods,
        count(distinct case when above >= -0.000001 * one_case and above < 0.999999 * one_case then terms end) as hits,
        max(case when above >= -0.000001 * one_case and above < 0.999999 * one_case then end_date end) as newest_end
    from ratio
    group by indicator_id, measure_id, region_id
    having count(distinct terms) >= {{ of_rule('hugging', 'least') }}
),

hugging as (
    select
        *,
        median(hits / periods) over (partition by measure_id) as others
    from at_target
),

found as (
    select
        measure_id,
        region_id,
        hits / periods as value,
        others as expected,
        hits as cells,
        newest_end,
        concat(periods, ' 期中有 ', hits, ' 期恰好达标') as detail_zh,
        concat(hits, ' of ', periods, ' periods lie just at the target') as detail_en
    from hugging
    where hits / periods >= {{ of_rule('hugging', 'threshold') }} and hits / periods > 2 * others
)

{{ habit_findings('hugging') }}
