{# Percentiles of spans of time of which some have not ended yet: Kaplan–Meier's product-limit estimate. At each length of time the share of those
   still running falls by the ended among all that ran so long; a percentile is the first length at which no more than its rest runs on, and is
   missing where that is never reached.
   `relation` has the `keys`, `span` (how long; of one that runs on, its age) and `ended` (1, or 0 while it runs on).
   `percentiles` maps the names of the columns wanted to shares: {'hours_median': 0.5}. The result has the keys and those columns.

   The share still running is the share with a longer span, divided by the share watched so long; and that falls only where one is lost to sight.
   So the long product needs only those that run on, few, beside the ended among which a percentile can lie: between what it were if those
   that run on had ended at their age and if they never did. #}
{% macro survival_percentiles(relation, keys, percentiles) -%}
    {# One number is sorted much faster than several names. #}
    {% set group = hash_of(keys) %}
    {% set keys = keys | join(', ') %}
    select
        {{ keys }},
        {% for name, share in percentiles.items() %}
        -- The small number forgives the rounding of logarithms.
        min(case when ended = 1 and at_risk - 1 <= (1 - {{ share }} + 1e-9) * everyone * watched then span end) as {{ name }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            {{ keys }},
            span,
            ended,
            everyone,
            at_risk,
            exp(sum(case when ended = 0 and at_risk > 1 then ln(1 - 1 / at_risk) else 0 end) over (
                partition by {{ group }} order by at_risk desc rows unbounded preceding
            )) as watched
        from (
            select
                {{ keys }},
                span,
                ended,
                cast(count(*) over (partition by {{ group }}) as double) as everyone,
                sum(1 - ended) over (partition by {{ group }}) as running,
                -- Those with a span as large or larger, itself among them; of equal ones the ended go first.
                row_number() over (partition by {{ group }} order by span desc, ended) as at_risk
            from {{ relation }}
        ) as place_in_line
        where
            ended = 0
            {% for share in percentiles.values() %}
            or at_risk - 1 between (1 - {{ share }}) * everyone - running - 1 and (1 - {{ share }} + 1e-9) * everyone
            {% endfor %}
    ) as curve
    group by {{ keys }}
{%- endmacro %}
