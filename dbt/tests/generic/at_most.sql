{# Rows in which a column is more than another that bounds it. #}
{% test at_most(model, column_name, bound) %}
select *
from {{ model }}
where {{ column_name }} > {{ bound }}
{% endtest %}
