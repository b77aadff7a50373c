{# A formula in words, from the registry's own fields. #}

{% macro formula_term(numerator, denominator) -%}
    case when {{ denominator }} is null then {{ numerator }} else concat({{ numerator }}, ' ÷ ', {{ denominator }}) end
{%- endmacro %}

{% macro formula_text(language) -%}
    {%- set term -%}
        case accumulation
            when 'year_to_date' then concat('{{ '年初累计(' if language == 'zh' else 'year to date (' }}', term_{{ language }}, ')')
            else term_{{ language }}
        end
    {%- endset -%}
    {%- set times -%}
        case when factor = 1 then '' else concat(' × ', {{ plain_number('factor') }}) end
    {%- endset -%}
    {%- if language == 'zh' -%}
    {%- set before = "concat(cast(coalesce(span_years, span_periods) as varchar), case when span_years is null then '期前' else '年前' end)" -%}
    case transform
        when 'level' then concat({{ term }}, {{ times }})
        when 'growth' then concat('(', {{ term }}, ' ÷ ', {{ before }}, '的同一值 − 1)', {{ times }})
        when 'change' then concat('(', {{ term }}, ' − ', {{ before }}, '的同一值)', {{ times }})
        when 'share_of_parent' then concat({{ term }}, ' ÷ ', case parent when 'city' then '全市' else '所在片区' end, '的同一值', {{ times }})
    end
    {%- else -%}
    {%- set before -%}
        concat(
            cast(coalesce(span_years, span_periods) as varchar),
            case when span_years is null then ' period' else ' year' end,
            case coalesce(span_years, span_periods) when 1 then '' else 's' end,
            ' before'
        )
    {%- endset -%}
    case transform
        when 'level' then concat({{ term }}, {{ times }})
        when 'growth' then concat('(', {{ term }}, ' ÷ the same ', {{ before }}, ' − 1)', {{ times }})
        when 'change' then concat('(', {{ term }}, ' − the same ', {{ before }}, ')', {{ times }})
        when 'share_of_parent' then concat({{ term }}, ' ÷ the same of ', case parent when 'city' then 'the city' else 'the peer area' end, {{ times }})
    end
    {%- endif -%}
{%- endmacro %}

{# A number as a person writes it: no trailing zeros. #}
{% macro plain_number(column) -%}
    case
        when {{ column }} = floor({{ column }}) then cast(cast({{ column }} as bigint) as varchar)
        else cast({{ column }} as varchar)
    end
{%- endmacro %}
