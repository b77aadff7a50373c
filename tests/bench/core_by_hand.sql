-- What someone would write for these indicators alone: the newest version of each figure, towns into districts and units, those into
-- the city and peer areas, months into quarters, halves and years, then the division. No flags, coverage, targets, validity or provenance.
create temp table newest as
select item, region, period, arg_max(value, _file_id) as value
from read_parquet('{raw}/bulletin/*/accepted.parquet', union_by_name = true)
group by item, region, period;

create temp table base as
with step_1 as (
    select n.item, r.region_id as region, n.period, sum(n.value) as value
    from newest as n
    inner join registry.period as p on n.period = p.period_id
    inner join registry.region_rollup as r
        on r.grain = 'town' and r.step = 1 and n.region = r.part_id and p.end_date between r.valid_from and r.valid_to
    group by all
),

step_2 as (
    select s.item, r.region_id as region, s.period, sum(s.value) as value
    from step_1 as s
    inner join registry.period as p on s.period = p.period_id
    inner join registry.region_rollup as r
        on r.grain = 'town' and r.step = 2 and s.region = r.part_id and p.end_date between r.valid_from and r.valid_to
    group by all
)

from newest union all from step_1 union all from step_2;

drop table newest;

create temp table measure as
with flow as (from base where item not like '%stock'),

quarter as (
    select f.item, f.region, p.parent_id as period, sum(f.value) as value, count(*) as months
    from flow as f inner join registry.period_parent as p on f.period = p.period_id and p.parent_grain = 'quarter'
    group by all
),

half as (
    select q.item, q.region, p.parent_id as period, sum(q.value) as value, sum(q.months) as months
    from quarter as q inner join registry.period_parent as p on q.period = p.period_id
    group by all
),

year as (
    select h.item, h.region, p.parent_id as period, sum(h.value) as value, sum(h.months) as months
    from half as h inner join registry.period_parent as p on h.period = p.period_id
    group by all
),

stock as (
    select b.item, b.region, q.period_id as period, b.value
    from base as b
    inner join registry.period as p on b.period = p.period_id
    inner join registry.period as q on p.end_date = q.end_date and p.start_date > q.start_date
    where b.item like '%stock'
),

-- A region that did not exist for all of a period is complete with the months it had.
expected as (
    select e.region_id as region, q.period_id as period, count(*) as months
    from registry.region_expected as e
    inner join registry.period as p on p.grain = 'month' and p.end_date between e.valid_from and e.valid_to
    inner join registry.period as q on q.grain in ('quarter', 'half', 'year') and p.end_date between q.start_date and q.end_date
    where e.grain = 'town'
    group by all
)

from base
union all from stock
union all
select c.item, c.region, c.period, c.value
from (from quarter union all from half union all from year) as c
inner join expected as e using (region, period)
where c.months = e.months;

create table by_hand as
select i.indicator_id, n.region as region_id, n.period as period_id, i.factor * n.value / nullif(d.value, 0) as value
from registry.indicator as i
inner join measure as n on i.numerator = n.item
inner join measure as d on i.denominator = d.item and n.region = d.region and n.period = d.period
where d.value <> 0;
