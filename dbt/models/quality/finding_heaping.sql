-- A habit: the unit's town figures are round, more often than those of the other units' towns.
-- Which units to look at is told by all rows; a stock that stays the same was not rounded again, so each value counts once by town.
-- From 31 on: of what just exceeds a round bound the bound itself would be most.
with town_figure as (
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

found as (
    select
        measure_id,
        region_id,
        hits / periods as value,
        others as expected,
        hits as cells,
        newest_end,
        concat(periods, ' 个镇街数值中有 ', hits, ' 个末位为 0') as detail_zh,
        concat(hits, ' of ', periods, ' town figures end in 0') as detail_en
    from heaping
    where hits / periods >= {{ of_rule('heaping', 'threshold') }} and hits / periods > 2 * others
)

{{ habit_findings('heaping') }}
