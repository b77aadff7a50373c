-- measure x feed x source code, with the measure's rules and how many sources it has.
select
    s.measure_id,
    s.feed_id,
    s.source_code,
    s.factor,
    s.priority,
    m.grain,
    case when m.region_rule <> 'none' then m.grain end as rollup_grain,
    m.time_rule,
    {{ base_grain('m.frequency') }} as base_grain,
    count(*) over (partition by s.measure_id) as sources
from {{ source('registry', 'measure_source') }} as s
inner join {{ source('registry', 'measure') }} as m
    on s.measure_id = m.measure_id
