{# A decade's figures (a census) are kept at the year they fall in. #}
{% macro base_grain(frequency) -%}
    case {{ frequency }} when 'decade' then 'year' else {{ frequency }} end
{%- endmacro %}

{# The figure that a rule makes of a group's aggregates. #}
{% macro by_rule(rule, total, highest, lowest, cells) -%}
    case {{ rule }}
        when 'sum' then {{ total }}
        when 'mean' then {{ total }} / {{ cells }}
        when 'max' then {{ highest }}
        when 'min' then {{ lowest }}
    end
{%- endmacro %}

{# The grain by which a measure's figures are rolled up over regions; null where they never are. #}
{% macro rollup_grain(measure) -%}
    case when {{ measure }}.region_rule <> 'none' then {{ measure }}.grain end
{%- endmacro %}
