-- feed x period: what was expected, came, came late, and is without findings: a score for each dimension, the share that passes governance, and a grade.
-- Cells are expected of the returns alone; of any other feed the figures that came are all there is to count by.
{% set dimensions = ['validity', 'uniqueness', 'consistency', 'plausibility', 'honesty'] %}
{% set governed = ['validity', 'uniqueness', 'consistency'] %}
with returned as (
    select
        feed_id,
        period_id,
        sum(expected) as expected,
        sum(received) as received,
        sum(late) as late
    from {{ ref('unit_feed_period') }}
    group by feed_id, period_id
),

delivered as (
    select feed_id, period_id, expected, received, late
    from returned
    union all
    select
        o.feed_id,
        o.period_id,
        cast(null as bigint) as expected,
        count(*) as received,
        cast(null as bigint) as late
    from {{ ref('observation') }} as o
    inner join {{ source('registry', 'feed') }} as f
        on o.feed_id = f.feed_id
    where o.feed_id not in (select r.feed_id from returned as r)
    group by o.feed_id, o.period_id
),

-- Open findings on figures that are in force.
on_figure as (
    select
        c.feed_id,
        c.period_id,
        c.measure_id,
        c.region_id,
    {% for dimension in dimensions %}
    max(case when c.dimension = '{{ dimension }}' then 1 else 0 end) as {{ dimension }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('finding_figure') }} as c
    inner join {{ ref('finding_mark') }} as k
        on c.finding_id = k.finding_id and k.mark = 'open'
    where not c.replaced
    group by c.feed_id, c.period_id, c.measure_id, c.region_id
),

figures as (
    select
        feed_id,
        period_id,
        {% for dimension in dimensions %}
        sum({{ dimension }}) as {{ dimension }},
        {% endfor %}
        sum(greatest({{ governed | join(', ') }})) as governed,
        sum(greatest({{ dimensions | join(', ') }})) as any_finding
    from on_figure
    group by feed_id, period_id
),

-- Open findings on what never became a figure, such as a row in quarantine.
on_nothing as (
    select
        f.feed_id,
        f.period_id,
        {% for dimension in dimensions %}
        sum(case when f.dimension = '{{ dimension }}' then coalesce(f.cells, 1) else 0 end) as {{ dimension }},
        {% endfor %}
        sum(case when f.dimension in ('{{ governed | join("', '") }}') then coalesce(f.cells, 1) else 0 end) as governed
    from {{ ref('quality_finding') }} as f
    inner join {{ ref('finding_mark') }} as k
        on f.finding_id = k.finding_id and k.mark = 'open'
    where f.finding_id not in (select c.finding_id from {{ ref('finding_figure') }} as c)
    group by f.feed_id, f.period_id
),

counted as (
    select
        d.feed_id,
        d.period_id,
        d.expected,
        d.received,
        d.late,
        -- Of a return that was expected, what is in quarantine has not come; of any other feed it comes on top.
        coalesce(d.expected, d.received + coalesce(n.governed, 0)) as cells,
        d.received - coalesce(g.governed, 0) as passed,
        {% for dimension in dimensions %}
        coalesce(g.{{ dimension }}, 0) + coalesce(n.{{ dimension }}, 0) as {{ dimension }},
        {% endfor %}
        coalesce(g.any_finding, 0) - coalesce(g.governed, 0) as doubted
    from delivered as d
    left join figures as g
        on d.feed_id = g.feed_id and d.period_id = g.period_id
    left join on_nothing as n
        on d.feed_id = n.feed_id and d.period_id = n.period_id
    where d.expected > 0 or d.received > 0
)

select
    feed_id,
    period_id,
    cast(expected as bigint) as expected,
    cast(received as bigint) as received,
    cast(late as bigint) as late,
    cast(passed as bigint) as passed,
    -- Without a division by what is not there: nothing received is neither late nor in time.
    cast(received as double) / nullif(expected, 0) as completeness,
    1 - cast(late as double) / nullif(received, 0) as timeliness,
    {% for dimension in dimensions %}
    1 - least(1.0, cast({{ dimension }} as double) / cells) as {{ dimension }},
    {% endfor %}
    cast(passed as double) / nullif(expected, 0) as pass_rate,
    {{ grade_letter(grade_of_parts('cells', '(cells - passed + doubted + coalesce(late, 0))', '(cells - passed + doubted)', '(cells - passed)')) }} as grade
from counted
