-- Figures as submitted, in their measure's unit. role: leaf = at the lowest region level and base period of the measure, what everything is rolled up
-- from; standing = holds until replaced (`measure_standing`); reported = the source's own figure for a coarser region or period.
-- rollup_grain (null: never rolled up) and time_rule are the measure's, so that rolling up costs one join.
{{ replaced_by('measure_base', ['measure_id', 'period_id']) }}
with submitted as (
    {{ figures_by_source() }}
    where s.sources = 1 and {{ in_delta('measure_base', ['s.measure_id', 'o.period_id'], ['measure_id', 'period_id']) }}
    union all
    select * from {{ ref('measure_preferred') }}
    where {{ in_delta('measure_base', ['measure_id', 'period_id']) }}
)

select
    s.measure_id,
    s.region_id,
    s.period_id,
    s.period_end,
    s.rollup_grain,
    s.time_rule,
    s.value,
    s.flags,
    cast(s.known_at as date) as known_on,
    case
        when s.time_rule = 'standing' then 'standing'
        when l.region_id is not null and s.period_grain = s.base_grain then 'leaf'
        else 'reported'
    end as role
from submitted as s
left join {{ source('registry', 'region_leaf') }} as l
    on
        s.grain = l.grain
        and s.region_id = l.region_id
        and s.period_end between l.valid_from and l.valid_to
