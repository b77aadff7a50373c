-- Figures that contradict each other: a part above its whole, a count below zero, a total that is not what its parts make.
with part_whole as (
    select
        p.measure_id,
        p.region_id,
        p.period_id,
        p.period_end,
        p.value,
        w.value as expected,
        w.measure_id as whole_id
    from {{ source('registry', 'part') }} as k
    inner join {{ ref('measure_base') }} as p
        on k.measure_id = p.measure_id
    inner join {{ ref('measure_base') }} as w
        on
            k.whole_id = w.measure_id
            and p.region_id = w.region_id
            and p.period_id = w.period_id
    -- A whole below zero is a finding of its own; the millionth forgives the printing of decimals.
    where w.value >= 0 and p.value > w.value + 0.000001
),

-- A part that is too large because its unit is wrong, or because two units' figures were exchanged, is found as that.
explained as (
    select distinct
        p.measure_id,
        p.whole_id,
        p.region_id,
        p.period_id
    from part_whole as p
    inner join {{ ref('region_unit_span') }} as u
        on
            p.region_id = u.region_id
            and p.period_end between u.valid_from and u.valid_to
    inner join {{ ref('finding_plausibility') }} as x
        on
            x.measure_id in (p.measure_id, p.whole_id)
            and u.unit_id = x.unit_id
            and p.period_id = x.period_id
),

-- Measures that may well be negative, as a net inflow may, are told by how often they are.
negative as (
    select
        measure_id,
        region_id,
        period_id,
        period_end,
        value,
        count(*) over (partition by measure_id) as below
    from {{ ref('measure_base') }}
    where value < 0
),

size as (
    select
        measure_id,
        count(*) as figures
    from {{ ref('measure_base') }}
    where measure_id in (select n.measure_id from negative as n)
    group by measure_id
),

-- Of a figure that a source reports for a coarser region: the sum over the parts of it that are handed in, if all of them are. What is counted from the
-- rows of statements is no report: the city has things of its own that no district has.
reported as (
    select
        r.measure_id,
        r.region_id,
        r.period_id,
        r.period_end,
        r.value,
        l.grain,
        e.leaves
    from {{ ref('measure_base') }} as r
    inner join {{ source('registry', 'measure') }} as l
        on r.measure_id = l.measure_id and l.region_rule = 'sum' and l.kind <> 'rate'
    inner join {{ ref('source_of_measure') }} as s
        on r.measure_id = s.measure_id and s.priority = 1 and s.feed_id in {{ reporting_feeds() }}
    -- Only few of the regions that report are filled by whole leaves.
    inner join {{ source('registry', 'region_expected') }} as e
        on
            l.grain = e.grain
            and r.region_id = e.region_id
            and r.period_end between e.valid_from and e.valid_to
    where r.role = 'reported'
),

leaf as (
    select
        measure_id,
        region_id,
        period_id,
        value
    from {{ ref('measure_base') }}
    where measure_id in (select r.measure_id from reported as r)
),

total as (
    select
        r.measure_id,
        r.region_id,
        r.period_id,
        r.period_end,
        r.value,
        {{ exact_sum('f.value') }} as expected
    from reported as r
    inner join {{ source('registry', 'region_rollup') }} as k
        on
            r.grain = k.grain
            and k.step = 1
            and r.region_id = k.region_id
            and r.period_end between k.valid_from and k.valid_to
    inner join leaf as f
        on
            r.measure_id = f.measure_id
            and k.part_id = f.region_id
            and r.period_id = f.period_id
    group by r.measure_id, r.region_id, r.period_id, r.period_end, r.value, r.leaves
    having count(*) = r.leaves
),

found as (
    select
        'part_above_whole' as rule_id,
        p.measure_id,
        p.region_id,
        p.period_id,
        p.period_end,
        p.value,
        p.expected,
        concat('数值 ', {{ number_text('p.value') }}, ' 大于其整体「', w.name_zh, '」的 ', {{ number_text('p.expected') }}) as detail_zh,
        concat({{ number_text('p.value') }}, ' is more than the ', {{ number_text('p.expected') }}, ' of "', w.name_en, '"') as detail_en
    from part_whole as p
    inner join {{ source('registry', 'measure') }} as w
        on p.whole_id = w.measure_id
    left join explained as e
        on
            p.measure_id = e.measure_id
            and p.whole_id = e.whole_id
            and p.region_id = e.region_id
            and p.period_id = e.period_id
    where e.measure_id is null
    union all
    select
        'negative_count' as rule_id,
        n.measure_id,
        n.region_id,
        n.period_id,
        n.period_end,
        n.value,
        cast(0 as double) as expected,
        concat('数值为负：', {{ number_text('n.value') }}) as detail_zh,
        concat('The figure is negative: ', {{ number_text('n.value') }}) as detail_en
    from negative as n
    inner join size as z
        on n.measure_id = z.measure_id and n.below < {{ of_rule('negative_count', 'threshold') }} * z.figures
    inner join {{ source('registry', 'measure') }} as m
        on n.measure_id = m.measure_id and m.kind in ('stock', 'flow')
    union all
    select
        'reported_total' as rule_id,
        measure_id,
        region_id,
        period_id,
        period_end,
        value,
        expected,
        concat('来源直报 ', {{ number_text('value') }}, '，下级之和为 ', {{ number_text('expected') }}) as detail_zh,
        concat('The source reports ', {{ number_text('value') }}, '; its parts make ', {{ number_text('expected') }}) as detail_en
    from total
    where abs(value - expected) > {{ of_rule('reported_total', 'threshold') }} * greatest(abs(value), abs(expected))
)

{{ figure_findings() }}
