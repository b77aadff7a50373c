{# Numerator and denominator of the indicators of some transforms, for every region and period in which the definition was in force,
   at the indicator's own frequency and every coarser one. x = numerator / denominator, or the numerator alone. 0/0 and x/0 are no value. #}
{% macro indicator_terms(transforms) -%}
    select
        i.indicator_id,
        i.version,
        n.region_id,
        n.period_id,
        p.grain,
        p.year,
        p.within,
        i.transform,
        i.factor,
        i.span_years,
        n.value as numerator,
        case when i.denominator is null then cast(null as double) else d.value end as denominator,
        case when i.denominator is null then n.value else n.value / nullif(d.value, 0) end as x,
        least(n.present / n.expected, coalesce(d.present / d.expected, 1.0)) as coverage,
        n.flags | coalesce(d.flags, 0) | case when i.illustrative then {{ flag_bit('illustrative') }} else 0 end as flags,
        greatest(n.known_on, coalesce(d.known_on, n.known_on)) as known_on
    from {{ source('registry', 'indicator') }} as i
    inner join {{ ref('measure_value') }} as n
        on i.numerator = n.measure_id and n.in_force
    inner join {{ source('registry', 'period') }} as p
        on
            n.period_id = p.period_id
            and p.end_date between i.valid_from and i.valid_to
            and (i.frequency <> 'decade' or p.is_decade)
    inner join {{ ref('frequency_grain') }} as f
        on i.frequency = f.frequency and p.grain = f.grain
    left join {{ ref('measure_value') }} as d
        on
            i.denominator = d.measure_id
            and n.region_id = d.region_id
            and n.period_id = d.period_id
            and d.in_force
    where
        i.transform in ({% for t in transforms %}'{{ t }}'{{ ', ' if not loop.last }}{% endfor %})
        and (i.denominator is null or d.value <> 0)
{%- endmacro %}
