{# Rows whose key repeats or has a null part. The grain of every table is tested with this. Keys are first compared by one number each:
   of a large table only those that share it are looked at in full. #}
{% test primary_key(model, columns) %}
with shared as (
    select {{ hash_of(columns) }} as number
    from {{ model }}
    where {{ moved_rows(model) }}
    group by {{ hash_of(columns) }}
    having count(*) > 1
)

select {{ columns | join(', ') }}, count(*) as rows_with_key
from {{ model }}
where {{ hash_of(columns) }} in (select number from shared) and {{ moved_rows(model) }}
group by {{ columns | join(', ') }}
having count(*) > 1
union all
select {{ columns | join(', ') }}, 1 as rows_with_key
from {{ model }}
where ({% for column in columns %}{{ column }} is null{{ ' or ' if not loop.last }}{% endfor %}) and {{ moved_rows(model) }}
{% endtest %}
