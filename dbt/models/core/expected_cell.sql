-- How many leaf cells (region leaves x base periods) a complete figure rests on: measure grain x frequency x region x coarser period.
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
        e.leaves as cells
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
        sum(b.cells) as cells
    from (select * from base {% if not loop.first %}union all select * from {{ finer }}{% endif %}) as b
    inner join {{ source('registry', 'period_parent') }} as pp
        on b.period_id = pp.period_id and pp.parent_grain = '{{ grain }}'
    group by b.grain, b.frequency, b.region_id, pp.parent_id
){{ ',' if not loop.last }}

{% endfor %}
{% for _, grain in coarser %}
select grain, frequency, region_id, period_id, cast(cells as integer) as expected from {{ grain }}
{{ 'union all' if not loop.last }}
{% endfor %}
