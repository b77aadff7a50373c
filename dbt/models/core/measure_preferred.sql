-- Of measures that several sources report: the figure of the first source in priority, in the measure's unit.
select
    s.measure_id,
    o.region_id,
    o.period_id,
    o.period_grain,
    o.period_end,
    s.grain,
    s.rollup_grain,
    s.time_rule,
    s.base_grain,
    o.value * s.factor as value,
    o.flags,
    o.known_at
from {{ ref('observation') }} as o
inner join {{ ref('source_of_measure') }} as s
    on o.feed_id = s.feed_id and o.source_code = s.source_code
where s.sources > 1
qualify row_number() over (partition by s.measure_id, o.region_id, o.period_id order by s.priority) = 1
