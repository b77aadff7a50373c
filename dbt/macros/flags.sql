{# Flags travel as a bit mask. The bits are the registry's (seeds/flag/flag.csv); a rule test holds the two together. #}

{% macro flag_bits() -%}
    {{ return({
        'provisional': 1, 'revised': 2, 'estimated': 4, 'imputed': 8, 'simulated': 16,
        'suspect': 32, 'unconfirmed': 64, 'partial': 128, 'illustrative': 256,
    }) }}
{%- endmacro %}

{% macro flag_bit(flag) -%}
    {{ flag_bits()[flag] }}
{%- endmacro %}

{# The mask of a text column that holds flag ids separated by `;`. #}
{% macro flags_of(column) -%}
    (
        0
        {% for flag, bit in flag_bits().items() -%}
        + case when concat(';', coalesce({{ column }}, ''), ';') like '%;{{ flag }};%' then {{ bit }} else 0 end
        {% endfor -%}
    )
{%- endmacro %}

{# The flag ids of a mask, separated by commas, in the order of their bits. #}
{% macro flag_ids_of(column) -%}
    rtrim(concat(
        {% for flag, bit in flag_bits().items() -%}
        case when ({{ column }} & {{ bit }}) > 0 then '{{ flag }},' else '' end{{ ',' if not loop.last }}
        {% endfor -%}
    ), ',')
{%- endmacro %}
