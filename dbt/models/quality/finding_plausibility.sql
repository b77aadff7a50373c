-- Figures far from their unit's own: slips of the unit (yuan for 10,000 yuan), and two units' figures exchanged.
-- Each is held against the median of the unit's other periods within a year, adjusted by the median of all units' own ratios in the period: what the
-- whole city did. The exact baseline, without the tested figure, is worked out only where the plain one shows something.
with figure as (
    select
        *,
        median(value) over (partition by measure_id, region_id) as usual
    from {{ ref('unit_figure') }}
),

season as (
    select
        measure_id,
        period_id,
        -- Of fewer units than five the median would follow the very figure that is tested.
        case when count(*) >= 5 then median(value / usual) else 1 end as ratio
    from figure
    where usual > 0
    group by measure_id, period_id
),

adjusted as (
    select
        f.*,
        case when s.ratio > 0 then s.ratio else 1 end as ratio,
        f.value / case when s.ratio > 0 then s.ratio else 1 end as level
    from figure as f
    left join season as s
        on f.measure_id = s.measure_id and f.period_id = s.period_id
),

odd as (
    select *
    from adjusted
    where
        value > 0
        and (
            level >= usual * {{ of_rule('swapped', 'threshold') }} / 2
            or level * {{ of_rule('swapped', 'threshold') }} / 2 <= usual
        )
),

-- Measures whose figures jump by themselves, as the minutes of a few warnings do: there an exchange cannot be told.
wild as (
    select measure_id
    from adjusted
    where usual > 0
    group by measure_id
    having
        count(*) >= 100
        and sum(
            case
                when level > usual * {{ of_rule('swapped', 'threshold') }} or level * {{ of_rule('swapped', 'threshold') }} < usual then 1
                else 0
            end
        ) > 0.025 * count(*)
),

baseline as (
    select
        o.measure_id,
        o.region_id,
        o.period_id,
        o.period_end,
        o.value,
        median(a.level) * max(o.ratio) as expected,
        count(*) as periods
    from odd as o
    inner join adjusted as a
        on
            o.measure_id = a.measure_id
            and o.region_id = a.region_id
            and o.period_id <> a.period_id
            and abs({{ days_between('o.period_end', 'a.period_end') }}) <= 366
    group by o.measure_id, o.region_id, o.period_id, o.period_end, o.value
),

slip as (
    select *
    from baseline
    where
        -- Few cases make any ratio; of so small a baseline one more is no slip.
        (value >= {{ of_rule('unit_slip', 'threshold') }} * greatest(expected, 1) or value * {{ of_rule('unit_slip', 'threshold') }} <= expected)
        -- What begins, as a new museum's visits do, has no baseline.
        and expected > 0
),

-- What two figures exchanged would be: each far from its own baseline, each near to the other's.
pair as (
    select
        a.*,
        b.region_id as other_id,
        abs(ln(a.value / a.expected)) + abs(ln(b.value / b.expected)) as apart,
        abs(ln(a.value / b.expected)) + abs(ln(b.value / a.expected)) as exchanged
    from baseline as a
    inner join baseline as b
        on
            a.measure_id = b.measure_id
            and a.period_id = b.period_id
            and a.region_id <> b.region_id
            and (a.value - a.expected) * (b.value - b.expected) < 0
    where
        a.expected > 0
        and b.expected > 0
        and a.measure_id not in (select w.measure_id from wild as w)
        -- Both together are off by the threshold, and neither by what chance does to counts: five standard deviations of a square root.
        and abs(ln(a.value / a.expected)) + abs(ln(b.value / b.expected)) >= 2 * ln({{ of_rule('swapped', 'threshold') }})
        and abs(sqrt(a.value) - sqrt(a.expected)) >= 2.5
        and abs(sqrt(b.value) - sqrt(b.expected)) >= 2.5
),

swapped as (
    select *
    from pair
    where exchanged <= 0.3 * apart
    qualify row_number() over (partition by measure_id, period_id, region_id order by exchanged - apart, other_id) = 1
),

found as (
    select
        'unit_slip' as rule_id,
        measure_id,
        region_id,
        period_id,
        period_end,
        value,
        expected,
        concat('数值 ', {{ number_text('value') }}, '，基线约 ', {{ number_text('expected') }}, '，疑为单位错误') as detail_zh,
        concat({{ number_text('value') }}, ' where about ', {{ number_text('expected') }}, ' was to be expected: the wrong unit?') as detail_en
    from slip
    union all
    select
        'swapped' as rule_id,
        s.measure_id,
        s.region_id,
        s.period_id,
        s.period_end,
        s.value,
        s.expected,
        concat('数值 ', {{ number_text('s.value') }}, '，基线约 ', {{ number_text('s.expected') }}, '，疑与 ', o.name_zh, ' 的数值互换') as detail_zh,
        concat({{ number_text('s.value') }}, ' where about ', {{ number_text('s.expected') }}, ' was to be expected: exchanged with ', o.name_en, '?') as detail_en
    from swapped as s
    inner join {{ source('registry', 'region') }} as o
        on s.other_id = o.region_id
)

{{ figure_findings() }}
