{{ config(materialized='view', meta={'replaced': {'delta': 'measure_period', 'keys': ['measure_id', 'period_id']}}) }}
-- measure x region x period, every region level and period level at once.
select measure_id, region_id, period_id, value, 1 as present, 1 as expected, flags, known_on, 'leaf' as origin, true as in_force
from ({{ leaf_figures() }}) as leaf
union all
select measure_id, region_id, period_id, value, present, expected, flags, known_on, origin, in_force
from {{ ref('measure_region') }}
union all
select measure_id, region_id, period_id, value, present, expected, flags, known_on, origin, in_force
from {{ ref('measure_period') }}
