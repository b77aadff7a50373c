{{ config(materialized='view') }}
-- measure x region x period, every region level and period level at once.
{% for part in ['measure_leaf', 'measure_region', 'measure_period'] %}
select measure_id, region_id, period_id, value, present, expected, flags, known_on, origin, in_force
from {{ ref(part) }}
{{ 'union all' if not loop.last }}
{% endfor %}
