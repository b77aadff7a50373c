-- indicator x region x period that was expected and has no value, and which of the kinds of absence it is.
-- Expected: every region computable at the indicator's lowest grain, every period of its frequency from its first one to the running one.
{{ replaced_by('indicator', ['indicator_id', 'version', 'period_id']) }}
{# A window of the year to date is complete as its sum is, any other as the period's own figure. Written out at each use: kept as one relation of
   all figures it would fill the memory. #}
{% set figures -%}
    (
        select measure_id, region_id, period_id, value, present, expected, in_force, 'period' as accumulation
        from {{ term_figures('period') }}
        union all
        select measure_id, region_id, period_id, value, present, expected, in_force, 'year_to_date' as accumulation
        from {{ term_figures('year_to_date') }}
    )
{%- endset %}
with expected as (
    select
        i.indicator_id,
        i.version,
        i.numerator,
        i.denominator,
        i.transform,
        i.accumulation,
        i.due_day,
        i.lowest_grain,
        e.region_id,
        p.period_id,
        p.end_date,
        p.grain,
        c.ordinal - c.lag as base_ordinal,
        c.first_end,
        c.base_end
    from {{ source('registry', 'indicator') }} as i
    inner join {{ ref('indicator_period') }} as c
        on i.indicator_id = c.indicator_id and i.version = c.version and c.own and c.in_validity
    inner join {{ source('registry', 'period') }} as p
        on
            c.period_id = p.period_id
            and i.first_period <= p.period_id
            and p.start_date <= {{ told('today') }}
            -- Of a simulated feed only what rests on simulated time is expected.
            and (not i.simulated or c.needs_from >= {{ told('simulated_from') }})
    inner join {{ source('registry', 'region_expected') }} as e
        on i.lowest_grain = e.grain and p.end_date between e.valid_from and e.valid_to
    inner join {{ source('registry', 'region') }} as r
        on e.region_id = r.region_id
    left join {{ source('registry', 'applicability') }} as n
        on
            i.indicator_id = n.indicator_id
            and e.region_id = n.region_id
            and p.end_date between n.valid_from and n.valid_to
    -- A share of the city or of a peer area is expected of their members; of themselves only where it is declared not applicable.
    where
        i.status = 'active'
        and (i.parent is null or r.level not in ('city', 'peer_area') or n.indicator_id is not null)
        and {{ in_delta('indicator', ['i.indicator_id', 'i.version', 'p.period_id'], ['indicator_id', 'version', 'period_id']) }}
),

absent as (
    select e.*
    from expected as e
    left join {{ ref('indicator_value') }} as v
        on
            e.indicator_id = v.indicator_id
            and e.version = v.version
            and e.region_id = v.region_id
            and e.period_id = v.period_id
    where v.indicator_id is null
),

-- The figures of the absent values alone: an inner join keeps those in memory and lets the many figures pass by.
{% for role, measure in [('numerator', 'numerator'), ('denominator', 'denominator'), ('base', 'numerator')] %}
{{ role }}_there as (
    select
        a.indicator_id,
        a.version,
        a.region_id,
        a.period_id,
        f.value,
        f.present,
        f.expected,
        f.in_force
    from absent as a
    {% if role == 'base' %}
    inner join {{ source('registry', 'period') }} as p
        on a.grain = p.grain and a.base_ordinal = p.ordinal
    {% endif %}
    inner join {{ figures }} as f
        on
            a.{{ measure }} = f.measure_id
            and a.region_id = f.region_id
            and {{ 'p' if role == 'base' else 'a' }}.period_id = f.period_id
            and a.accumulation = f.accumulation
    {% if role == 'base' %}
    where a.transform = 'growth'
    {% endif %}
),

{% endfor %}
term as (
    select
        a.indicator_id,
        a.version,
        a.region_id,
        a.period_id,
        a.end_date,
        a.due_day,
        n.indicator_id is not null as numerator_present,
        coalesce(n.in_force, false) as numerator_complete,
        a.denominator is null or d.indicator_id is not null as denominator_present,
        a.denominator is null or coalesce(d.in_force, false) as denominator_complete,
        coalesce(d.in_force and d.value = 0, false) as denominator_zero,
        coalesce(b.in_force and b.value = 0, false) as base_zero,
        -- Not there in the first period that the figure rests on, or of other towns in the one it is compared with.
        (a.first_end is not null and w.region_id is null) or coalesce(s.valid_from > a.base_end, false) as elsewhere,
        least(coalesce(n.present / n.expected, 0.0), case when a.denominator is null then 1.0 else coalesce(d.present / d.expected, 0.0) end) as coverage
    from absent as a
    {% for short, role in [('n', 'numerator'), ('d', 'denominator'), ('b', 'base')] %}
    left join {{ role }}_there as {{ short }}
        on
            a.indicator_id = {{ short }}.indicator_id
            and a.version = {{ short }}.version
            and a.region_id = {{ short }}.region_id
            and a.period_id = {{ short }}.period_id
    {% endfor %}
    left join {{ source('registry', 'region_expected') }} as w
        on
            a.lowest_grain = w.grain
            and a.region_id = w.region_id
            and a.first_end between w.valid_from and w.valid_to
    left join {{ source('registry', 'region_span') }} as s
        on
            a.region_id = s.region_id
            and a.end_date between s.valid_from and s.valid_to
)

select
    t.indicator_id,
    t.version,
    t.region_id,
    t.period_id,
    t.coverage,
    case
        when n.indicator_id is not null then 'not_applicable'
        when t.numerator_complete and t.denominator_zero then 'not_applicable'
        when t.numerator_complete and t.denominator_complete and t.base_zero then 'not_applicable'
        when t.elsewhere then 'not_applicable'
        when {{ days_after('t.end_date', 't.due_day') }} >= {{ told('today') }} then 'not_yet_due'
        else 'missing'
    end as state,
    case
        when n.indicator_id is not null then 'declared'
        when t.numerator_complete and t.denominator_zero then 'zero_denominator'
        when t.numerator_complete and t.denominator_complete and t.base_zero then 'zero_base'
        when t.elsewhere then 'other_boundary'
        when {{ days_after('t.end_date', 't.due_day') }} >= {{ told('today') }} then 'not_due'
        when not t.numerator_present or not t.denominator_present then 'not_received'
        when not t.numerator_complete or not t.denominator_complete then 'incomplete'
        else 'base_missing'
    end as reason
from term as t
left join {{ source('registry', 'applicability') }} as n
    on
        t.indicator_id = n.indicator_id
        and t.region_id = n.region_id
        and t.end_date between n.valid_from and n.valid_to
