-- Habits of a unit with one measure over all periods: figures just at the target, rounded, pushed into the quarter's last month, corrected just before
-- an evaluation. Each is held against the other units. One finding per unit and measure, dated by the newest period that shows it.
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

-- Round figures. Which units to look at is told by all rows; a stock that stays the same was not rounded again, so each value counts once by town.
-- From 31 on: of what just exceeds a round bound the bound itself would be most.
town_figure as (
    select
        s.measure_id,
        o.region_id,
        count(*) as figures,
        sum(case when o.value % 10 = 0 then 1 else 0 end) as hits
    from {{ ref('submission') }} as o
    inner join {{ ref('source_of_measure') }} as s
        on o.feed_id = s.feed_id and o.source_code = s.source_code and s.grain = 'town'
    where o.value > 30
    group by s.measure_id, o.region_id
),

town as (
    select
        t.*,
        u.unit_id
    from town_figure as t
    inner join {{ ref('region_unit_span') }} as u
        on t.region_id = u.region_id and {{ told('today') }} between u.valid_from and u.valid_to
),

round_share as (
    select
        measure_id,
        unit_id,
        sum(hits) / sum(figures) as share,
        median(sum(hits) / sum(figures)) over (partition by measure_id) as others
    from town
    group by measure_id, unit_id
),

rounded_town as (
    select
        t.measure_id,
        t.unit_id,
        t.region_id,
        r.others
    from town as t
    inner join round_share as r
        on t.measure_id = r.measure_id and t.unit_id = r.unit_id
    where r.share > 2 * r.others and r.share >= 0.9 * {{ of_rule('heaping', 'threshold') }}
),

rounded as (
    select
        c.measure_id,
        c.unit_id,
        c.region_id,
        c.others,
        o.value,
        max(o.period_end) as newest_end
    from rounded_town as c
    inner join {{ ref('source_of_measure') }} as s
        on c.measure_id = s.measure_id
    inner join {{ ref('submission') }} as o
        on s.feed_id = o.feed_id and s.source_code = o.source_code and c.region_id = o.region_id and o.value > 30
    -- What is ten thousand times too much ends in 0 as well.
    left join {{ ref('finding_plausibility') }} as x
        on
            x.rule_id = 'unit_slip'
            and c.measure_id = x.measure_id
            and c.unit_id = x.unit_id
            and o.period_id = x.period_id
    where x.rule_id is null
    group by c.measure_id, c.unit_id, c.region_id, c.others, o.value
),

heaping as (
    select
        measure_id,
        unit_id as region_id,
        count(*) as periods,
        sum(case when value % 10 = 0 then 1 else 0 end) as hits,
        max(others) as others,
        max(newest_end) as newest_end
    from rounded
    group by measure_id, unit_id
    having count(*) >= {{ of_rule('heaping', 'least') }}
),

-- Flows by month, adjusted for the unit's size and for what all units did in the month.
flow as (
    select
        measure_id,
        region_id,
        period_id,
        period_end,
        within,
        value / nullif(median(value) over (partition by measure_id, region_id), 0) as level
    from {{ ref('unit_figure') }}
    where kind = 'flow' and period_grain = 'month' and region_id <> '500000'
    -- Of fewer than ten a month chance makes any pattern.
    qualify median(value) over (partition by measure_id, region_id) >= 10
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

spike as (
    select *
    from monthly
    where
        periods >= {{ of_rule('period_end_spike', 'least') }}
        and other_months > 0
        and low_last > high_other
        and last_months >= {{ of_rule('period_end_spike', 'threshold') }} * other_months
),

-- Second submissions accepted in the five days before day 25 after a quarter's end, when evaluations look.
version as (
    select
        feed_id,
        source_code,
        region_id,
        period_id,
        period_end,
        known_at,
        value,
        lag(value) over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at, file_id
        ) as value_before
    from {{ ref('observation_version') }}
    where period_grain = 'quarter'
),

edit as (
    select
        s.measure_id,
        u.unit_id as region_id,
        count(distinct v.period_id) as hits,
        max(v.period_end) as newest_end
    from version as v
    inner join {{ ref('source_of_measure') }} as s
        on v.feed_id = s.feed_id and v.source_code = s.source_code
    inner join {{ ref('region_unit_span') }} as u
        on v.region_id = u.region_id and v.period_end between u.valid_from and u.valid_to
    where
        v.value > v.value_before
        and {{ days_between('v.period_end', 'cast(v.known_at as date)') }} between 20 and 25
    group by s.measure_id, u.unit_id
),

edited as (
    select
        e.measure_id,
        e.region_id,
        e.hits,
        e.newest_end,
        count(distinct f.period_id) as periods
    from edit as e
    inner join {{ ref('unit_figure') }} as f
        on e.measure_id = f.measure_id and e.region_id = f.region_id
    group by e.measure_id, e.region_id, e.hits, e.newest_end
),

found as (
    select
        'hugging' as rule_id,
        measure_id,
        region_id,
        hits / periods as value,
        others as expected,
        hits as cells,
        periods,
        newest_end
    from hugging
    where hits / periods >= {{ of_rule('hugging', 'threshold') }} and hits / periods > 2 * others
    union all
    select
        'heaping' as rule_id,
        measure_id,
        region_id,
        hits / periods as value,
        others as expected,
        hits as cells,
        periods,
        newest_end
    from heaping
    where hits / periods >= {{ of_rule('heaping', 'threshold') }} and hits / periods > 2 * others
    union all
    select
        'period_end_spike' as rule_id,
        measure_id,
        region_id,
        last_months / other_months as value,
        1 as expected,
        periods as cells,
        periods,
        newest_end
    from spike
    union all
    select
        'late_edit' as rule_id,
        measure_id,
        region_id,
        hits / periods as value,
        0 as expected,
        hits as cells,
        periods,
        newest_end
    from edited
    where hits / periods >= {{ of_rule('late_edit', 'threshold') }} and hits >= {{ of_rule('late_edit', 'least') }}
)

select
    f.rule_id,
    s.feed_id,
    f.measure_id,
    f.region_id,
    f.region_id as unit_id,
    p.period_id,
    cast(null as varchar) as file_id,
    cast(null as integer) as row_number,
    f.value,
    f.expected,
    f.cells,
    case f.rule_id
        when 'hugging' then concat(f.periods, ' 期中有 ', f.cells, ' 期恰好达标')
        when 'heaping' then concat(f.periods, ' 个镇街数值中有 ', f.cells, ' 个末位为 0')
        when 'period_end_spike' then concat('剔除季节性后,季末月为其他月的 ', {{ number_text('f.value') }}, ' 倍')
        else concat(f.periods, ' 个季度中有 ', f.cells, ' 个在考核前调高')
    end as detail_zh,
    case f.rule_id
        when 'hugging' then concat(f.cells, ' of ', f.periods, ' periods lie just at the target')
        when 'heaping' then concat(f.cells, ' of ', f.periods, ' town figures end in 0')
        when 'period_end_spike' then concat('Quarters'' last months are ', {{ number_text('f.value') }}, ' times the others, adjusted for season')
        else concat(f.cells, ' of ', f.periods, ' quarters were raised just before an evaluation')
    end as detail_en
from found as f
inner join {{ source('registry', 'measure') }} as m
    on f.measure_id = m.measure_id
inner join {{ ref('source_of_measure') }} as s
    on f.measure_id = s.measure_id and s.priority = 1
inner join {{ source('registry', 'period') }} as p
    on f.newest_end = p.end_date and {{ base_grain('m.frequency') }} = p.grain
