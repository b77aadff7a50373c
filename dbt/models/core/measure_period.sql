-- Every region's figures at the periods coarser than the measure's own: flows by their rule from quarter to half to year;
-- a stock is never summed: its coarser period takes the figure of the base period that ends with it. A figure reported for the coarser period wins.
{{ replaced_by('measure_period', ['measure_id', 'period_id']) }}
{% set coarser = [('month', 'quarter'), ('quarter', 'half'), ('half', 'year')] %}
with closing as (
    select
        p.period_id as base_id,
        q.period_id
    from {{ source('registry', 'period') }} as p
    inner join {{ source('registry', 'period') }} as q
        on p.end_date = q.end_date and p.start_date > q.start_date
),

figure as (
    select *
    from ({{ base_figures() }}) as f
    where {{ in_delta('measure_period_part', ['f.measure_id', 'f.period_id'], ['measure_id', 'period_id']) }}
),

base as (
    select
        measure_id,
        region_id,
        period_id,
        value as total,
        value as highest,
        value as lowest,
        present,
        1 as periods,
        flags,
        known_on
    from figure
    where time_rule in ('sum', 'mean', 'max', 'min')
),

{% for finer, grain in coarser %}
{{ grain }} as (
    select
        b.measure_id,
        b.region_id,
        pp.parent_id as period_id,
        {{ exact_sum('b.total') }} as total,
        max(b.highest) as highest,
        min(b.lowest) as lowest,
        sum(b.present) as present,
        sum(b.periods) as periods,
        {{ any_flag('b.flags') }} as flags,
        max(b.known_on) as known_on
    from (select * from base {% if not loop.first %}union all select * from {{ finer }}{% endif %}) as b
    inner join {{ source('registry', 'period_parent') }} as pp
        on b.period_id = pp.period_id and pp.parent_grain = '{{ grain }}'
    group by b.measure_id, b.region_id, pp.parent_id
),

{% endfor %}
flow as (
    select
        f.measure_id,
        f.region_id,
        f.period_id,
        {{ by_rule('m.time_rule', total='f.total', highest='f.highest', lowest='f.lowest', cells='f.periods') }} as value,
        f.present,
        e.expected,
        f.flags,
        f.known_on,
        f.present >= m.min_coverage * e.expected as in_force
    from (
        {% for _, grain in coarser %}
        select * from {{ grain }}
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as f
    inner join {{ source('registry', 'measure') }} as m
        on f.measure_id = m.measure_id
    inner join {{ ref('expected_cell') }} as e
        on
            m.grain = e.grain
            and m.frequency = e.frequency
            and f.region_id = e.region_id
            and f.period_id = e.period_id
),

stock as (
    select
        b.measure_id,
        b.region_id,
        q.period_id,
        b.value,
        b.present,
        b.expected,
        b.flags,
        b.known_on,
        b.in_force
    from figure as b
    inner join closing as q
        on b.period_id = q.base_id
    where b.time_rule in ('last', 'standing')
),

reported as (
    select
        b.measure_id,
        b.region_id,
        b.period_id,
        b.value,
        b.flags,
        b.known_on
    from {{ ref('measure_base') }} as b
    inner join {{ source('registry', 'measure') }} as m
        on b.measure_id = m.measure_id
    inner join {{ source('registry', 'period') }} as p
        on b.period_id = p.period_id and {{ base_grain('m.frequency') }} <> p.grain
    where b.role = 'reported' and {{ in_delta('measure_period', ['b.measure_id', 'b.period_id'], ['measure_id', 'period_id']) }}
),

rolled as (
    select
        measure_id,
        region_id,
        period_id,
        value,
        cast(present as integer) as present,
        expected,
        flags | case when present < expected then {{ flag_bit('partial') }} else 0 end as flags,
        known_on,
        in_force
    from flow
    union all
    select * from stock
)

select
    r.measure_id,
    r.region_id,
    r.period_id,
    r.value,
    r.present,
    r.expected,
    r.flags,
    r.known_on,
    'rolled' as origin,
    r.in_force
from rolled as r
left join reported as o
    on
        r.measure_id = o.measure_id
        and r.region_id = o.region_id
        and r.period_id = o.period_id
where o.measure_id is null and {{ in_delta('measure_period', ['r.measure_id', 'r.period_id'], ['measure_id', 'period_id']) }}
union all
select
    measure_id,
    region_id,
    period_id,
    value,
    1 as present,
    1 as expected,
    flags,
    known_on,
    'reported' as origin,
    true as in_force
from reported
