-- Of measures that several sources report: the figure of the first source in priority, in the measure's unit.
{{ figures_by_source() }}
where s.sources > 1
qualify row_number() over (partition by s.measure_id, o.region_id, o.period_id order by s.priority) = 1
