{# Percentiles of spans of time of which some have not ended yet: Kaplan–Meier's product-limit estimate. At each length of time the share of those
   still running falls by the ended among all that ran so long; a percentile is the first length at which no more than its rest runs on, and is
   missing where that is never reached.
   `relation` has the `keys`, `span` (how long; of one that runs on, its age) and `ended` (1, or 0 while it runs on).
   `percentiles` maps the names of the columns wanted to shares: {'hours_median': 0.5}. The result has the keys and those columns. #}
{% macro survival_percentiles(relation, keys, percentiles) -%}
    {% set keys = keys | join(', ') %}
    select
        {{ keys }},
        {% for name, share in percentiles.items() %}
        -- The small number forgives the rounding of logarithms.
        min(case when running <= 1 - {{ share }} + 1e-9 then span end) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ keys }},
            span,
            exp(sum(ln(greatest(1 - ended / at_risk, 1e-300))) over (partition by {{ keys }} order by span)) as running
        from (
            select
                {{ keys }},
                span,
                cast(sum(ended) as double) as ended,
                cast(sum(count(*)) over (partition by {{ keys }} order by span desc) as double) as at_risk
            from {{ relation }}
            group by {{ keys }}, span
        ) as length_of_time
    ) as curve
    group by {{ keys }}
{%- endmacro %}
