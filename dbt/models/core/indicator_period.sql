-- indicator x version x period in which it is computed: its own frequency and every coarser grain while the definition is in force,
-- with the target that holds for everyone. What the values need of the registry, so that each value costs one join for all of it.
-- A comparison also needs periods before its definition came into force, to compare with: there `in_validity` is false and nothing is shown.
-- lag: how many periods of its grain lie between a period and the one it is compared with.
-- needs_from: the first day that its figure rests on, that of the period compared with, or of the year whose flows are summed;
-- first_end: the last day of the first base period of it, on which a region must have been there; base_end: that of the period compared with.
{% set of_flows -%}
    (
        case when n.time_rule in ('sum', 'mean', 'max', 'min') then {{ base_grain('n.frequency') }} end,
        case when d.time_rule in ('sum', 'mean', 'max', 'min') then {{ base_grain('d.frequency') }} end
    )
{%- endset %}
{% set lag = "coalesce(i.span_periods, i.span_years * " ~ periods_a_year('p.grain') ~ ')' %}
select
    i.indicator_id,
    i.version,
    p.period_id,
    p.end_date as period_end,
    p.grain,
    p.ordinal,
    p.end_date >= i.valid_from as in_validity,
    f.own,
    i.numerator,
    i.denominator,
    i.factor,
    i.transform,
    i.accumulation,
    {{ lag }} as lag,
    case i.accumulation when 'year_to_date' then y.start_date else b.start_date end as needs_from,
    s.end_date as first_end,
    b.end_date as base_end,
    i.parent,
    i.direction,
    case when i.illustrative then {{ flag_bit('illustrative') }} else 0 end as flags,
    t.target,
    t.warn,
    t.low,
    t.high,
    t.illustrative as target_illustrative
from {{ source('registry', 'indicator') }} as i
inner join {{ ref('frequency_grain') }} as f
    on i.frequency = f.frequency
inner join {{ source('registry', 'period') }} as p
    on
        f.grain = p.grain
        and i.valid_to >= p.end_date
        and (i.valid_from <= p.end_date or i.transform in ('growth', 'change'))
        and (i.frequency <> 'decade' or p.is_decade)
left join {{ source('registry', 'period') }} as b
    on p.grain = b.grain and p.ordinal - coalesce({{ lag }}, 0) = b.ordinal
left join {{ source('registry', 'period') }} as y
    on y.grain = 'year' and b.year = y.year
left join {{ source('registry', 'measure') }} as n
    on i.numerator = n.measure_id
left join {{ source('registry', 'measure') }} as d
    on i.denominator = d.measure_id
left join {{ source('registry', 'period') }} as s
    on
        case i.accumulation when 'year_to_date' then y.start_date else b.start_date end = s.start_date
        and case
            when p.grain = 'month' or 'month' in {{ of_flows }} then 'month'
            when p.grain = 'quarter' or 'quarter' in {{ of_flows }} then 'quarter'
            when p.grain = 'half' or 'half' in {{ of_flows }} then 'half'
            else 'year'
        end = s.grain
left join {{ source('registry', 'target_span') }} as t
    on
        i.indicator_id = t.indicator_id
        and t.region_id = '*'
        and p.end_date between t.valid_from and t.valid_to
where i.connected
