-- How many leaf cells (region leaves x base periods) a complete figure rests on: measure grain x frequency x region x coarser period.
-- A base period that began and at whose end there was no such region counts too, with the most leaves of the others: a part of the time is no total.
{% set coarser = [('month', 'quarter'), ('quarter', 'half'), ('half', 'year')] %}
with kind as (
    select distinct
        grain,
        frequency
    from {{ source('registry', 'measure') }}
    where time_rule in ('sum', 'mean', 'max', 'min')
),

base as (
    select
        k.grain,
        k.frequency,
        e.region_id,
        p.period_id,
        e.leaves as cells,
        e.leaves as most,
        1 as periods
    from kind as k
    inner join {{ source('registry', 'region_expected') }} as e
        on k.grain = e.grain
    inner join {{ source('registry', 'period') }} as p
        on
            {{ base_grain('k.frequency') }} = p.grain
            and p.end_date between e.valid_from and e.valid_to
            and (k.frequency <> 'decade' or p.is_decade)
            and p.start_date <= {{ told('today') }}
),

{% for finer, grain in coarser %}
{{ grain }} as (
    select
        b.grain,
        b.frequency,
        b.region_id,
        pp.parent_id as period_id,
        sum(b.cells) as cells,
        max(b.most) as most,
        sum(b.periods) as periods
    from (select * from base {% if not loop.first %}union all select * from {{ finer }}{% endif %}) as b
    inner join {{ source('registry', 'period_parent') }} as pp
        on b.period_id = pp.period_id and pp.parent_grain = '{{ grain }}'
    group by b.grain, b.frequency, b.region_id, pp.parent_id
),

{% endfor %}
begun as (
    select
        k.frequency,
        q.period_id,
        count(*) as periods
    from (select distinct frequency from kind) as k
    inner join {{ source('registry', 'period') }} as p
        on
            {{ base_grain('k.frequency') }} = p.grain
            and (k.frequency <> 'decade' or p.is_decade)
            and p.start_date <= {{ told('today') }}
    inner join {{ source('registry', 'period') }} as q
        on p.grain <> q.grain and p.start_date >= q.start_date and p.end_date <= q.end_date
    group by k.frequency, q.period_id
)

select
    c.grain,
    c.frequency,
    c.region_id,
    c.period_id,
    cast(c.cells + (b.periods - c.periods) * c.most as integer) as expected
from (
    {% for _, grain in coarser %}
    select * from {{ grain }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
) as c
inner join begun as b
    on c.frequency = b.frequency and c.period_id = b.period_id
