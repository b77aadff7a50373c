-- What a delta build makes again. Given: delta.stated (feed_id, period_id), the periods of which the files speak that came or became known
-- since; delta.statement (feed_id, reads), the feeds whose rows are counted and the raw
-- feeds read for it; delta.clock (was, now), the days of the two builds.
-- Each further table holds keys whose rows are deleted and made anew; whatever they rest on is wider and named `..._part` or `..._read`.

-- feed x period of its figures. A month of a statement also moves its quarter's medians and percentiles.
create table delta.feed_period as
with stated as (
    select feed_id, period_id from delta.stated
    union
    select c.feed_id, s.period_id
    from delta.stated as s
    inner join delta.statement as c on s.feed_id = c.reads
)
select feed_id, period_id from stated
union
select s.feed_id, q.period_id
from stated as s
inner join delta.statement using (feed_id)
inner join registry.period as m on s.period_id = m.period_id and m.grain = 'month'
inner join registry.period as q on q.grain = 'quarter' and m.start_date between q.start_date and q.end_date;

-- The months of a statement to read for them.
create table delta.feed_read as
select distinct f.feed_id, m.period_id
from delta.feed_period as f
inner join delta.statement using (feed_id)
inner join registry.period as p using (period_id)
inner join registry.period as m on m.grain = 'month' and m.start_date between p.start_date and p.end_date;

-- measure x period as submitted. A figure that holds until replaced may change in any period, and comes to each that began.
create table delta.measure_base as
with moved as (
    select distinct s.measure_id, f.period_id, m.time_rule = 'standing' as stands
    from delta.feed_period as f
    inner join registry.measure_source as s using (feed_id)
    inner join registry.measure as m using (measure_id)
)
select measure_id, period_id from moved where not stands
union
select distinct m.measure_id, p.period_id from moved as m cross join registry.period as p where m.stands
union
select m.measure_id, p.period_id
from registry.measure as m
cross join registry.period as p
cross join delta.clock as c
where m.time_rule = 'standing' and p.start_date > c.was and p.start_date <= c.now;

-- measure x period, with every coarser one that holds it. Of one that holds a period begun since, more is expected now.
create table delta.measure_period as
with moved as (
    select measure_id, period_id from delta.measure_base
    union
    select m.measure_id, p.period_id
    from registry.measure as m
    cross join delta.clock as c
    inner join registry.period as p on p.start_date > c.was and p.start_date <= c.now
)
select distinct b.measure_id, q.period_id
from moved as b
inner join registry.period as p using (period_id)
inner join registry.period as q on p.start_date >= q.start_date and p.end_date <= q.end_date;

create table delta.measure_period_part as
select distinct m.measure_id, p.period_id
from delta.measure_period as m
inner join registry.period as q using (period_id)
inner join registry.period as p on p.start_date >= q.start_date and p.end_date <= q.end_date;

-- measure x period whose year to date moves: from a changed period to the end of its year.
create table delta.measure_to_date as
select distinct m.measure_id, q.period_id
from delta.measure_period as m
inner join registry.period as p using (period_id)
inner join registry.period as q on p.grain = q.grain and p.year = q.year and q.start_date >= p.start_date;

create table delta.measure_to_date_part as
select distinct m.measure_id, q.period_id
from delta.measure_to_date as m
inner join registry.period as p using (period_id)
inner join registry.period as q on p.grain = q.grain and p.year = q.year and q.start_date <= p.start_date;

-- indicator x version x period: its figures moved, those it is compared with did, it is expected now, or its absence means something else now.
create table delta.indicator as
with touched as (
    select c.indicator_id, c.version, c.period_id, c.grain, c.ordinal
    from core.indicator_period as c
    where exists (
        select 1 from delta.measure_period as m
        where c.accumulation = 'period' and c.period_id = m.period_id and m.measure_id in (c.numerator, c.denominator)
    ) or exists (
        select 1 from delta.measure_to_date as m
        where c.accumulation = 'year_to_date' and c.period_id = m.period_id and m.measure_id in (c.numerator, c.denominator)
    )
)
select indicator_id, version, period_id from touched
union
select c.indicator_id, c.version, c.period_id
from core.indicator_period as c
inner join touched as t
    on c.indicator_id = t.indicator_id and c.version = t.version and c.grain = t.grain and c.ordinal - c.lag = t.ordinal
where c.transform in ('growth', 'change')
union
select i.indicator_id, i.version, p.period_id
from core.indicator_period as c
inner join registry.indicator as i using (indicator_id, version)
inner join registry.period as p using (period_id)
cross join delta.clock as k
where c.own
    and ((p.start_date > k.was and p.start_date <= k.now)
        or (p.end_date + cast(i.due_day as integer) >= k.was and p.end_date + cast(i.due_day as integer) < k.now));

-- What growth and change of them are made of.
create table delta.indicator_part as
select indicator_id, version, period_id from delta.indicator
union
select c.indicator_id, c.version, b.period_id
from delta.indicator as d
inner join core.indicator_period as c using (indicator_id, version, period_id)
inner join registry.period as b on c.grain = b.grain and c.ordinal - c.lag = b.ordinal;

-- measure x period that they are made of, by the figures of the period or of the year to date.
create table delta.term as
select distinct m.measure_id, c.period_id, c.accumulation
from delta.indicator_part as d
inner join core.indicator_period as c using (indicator_id, version, period_id)
cross join lateral (select unnest([c.numerator, c.denominator]) as measure_id) as m
where m.measure_id is not null;

-- The same with the period that follows, whose change is told from them; grades that moved come to it later.
create table delta.series as
select indicator_id, version, period_id from delta.indicator
union
select d.indicator_id, d.version, n.period_id
from delta.indicator as d
inner join registry.period as p using (period_id)
inner join registry.period as n
    on n.previous_id = p.period_id or (p.grain = n.grain and p.year + 10 = n.year and p.within = n.within);

create table delta.grade_before as from quality.indicator_grade;
