{# Observations whose printed region has no alias in force at the period: they would be lost further on. #}
{% test located(model) %}
select file_id, row_number, period_id
from {{ model }}
where region_id is null and {{ moved_rows(model) }}
{% endtest %}
