{# Everything that the two engines (DuckDB, Spark) say differently stands here and nowhere else. #}

{# Schemas are named as the layer is, with no prefix: staging, core, serving, cockpit. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name or target.schema }}
{%- endmacro %}

{# Value of `column` in the row of the group whose `ordering` is largest; `column` is never null here. #}
{% macro value_at_latest(column, ordering) -%}
    max_by({{ column }}, {{ ordering }})
{%- endmacro %}

{# A date so many days after another. #}
{% macro days_after(column, days) -%}
    {% if target.type == 'spark' -%}
    date_add({{ column }}, {{ days }})
    {%- else -%}
    cast({{ column }} + cast({{ days }} as integer) as date)
    {%- endif %}
{%- endmacro %}

{# Aggregate of bit masks. #}
{% macro any_flag(column) -%}
    bit_or({{ column }})
{%- endmacro %}

{# What this build is told: snapshot_id, registry_version, today, known_until, built_at. One row, written before the first model runs. #}
{% macro told(column) -%}
    (select {{ column }} from {{ source('registry', 'build') }})
{%- endmacro %}

{# Minutes from one moment to a later one. #}
{% macro minutes_between(earlier, later) -%}
    {% if target.type == 'spark' -%}
    (unix_timestamp({{ later }}) - unix_timestamp({{ earlier }})) / 60.0
    {%- else -%}
    date_diff('second', {{ earlier }}, {{ later }}) / 60.0
    {%- endif %}
{%- endmacro %}

{# A column whose name is a word of SQL. #}
{% macro quoted(column) -%}
    {% if target.type == 'spark' -%} `{{ column }}` {%- else -%} "{{ column }}" {%- endif %}
{%- endmacro %}

{# The path of the file that a row of a source in files comes from. #}
{% macro path_of_file(source) -%}
    {{ source }}.{{ '_metadata.file_path' if target.type == 'spark' else 'filename' }}
{%- endmacro %}

{# The text under a key of a row written as JSON. #}
{% macro json_text(column, key) -%}
    {{ 'get_json_object' if target.type == 'spark' else 'json_extract_string' }}({{ column }}, '$.{{ key }}')
{%- endmacro %}

{# Days from one date to a later one. #}
{% macro days_between(earlier, later) -%}
    {% if target.type == 'spark' -%}
    datediff({{ later }}, {{ earlier }})
    {%- else -%}
    date_diff('day', {{ earlier }}, {{ later }})
    {%- endif %}
{%- endmacro %}

{# The first or third quartile of a group, nulls left out. #}
{% macro quartile(number, column) -%}
    {{ 'percentile' if target.type == 'spark' else 'quantile_cont' }}({{ column }}, {{ 0.25 * number }})
{%- endmacro %}

{# Sum of figures to a millionth of the unit. A sum of floating numbers depends on the order of adding, which no engine keeps;
   a sum of decimals does not, so that what is built again comes out the same to the last digit. `over`: the window, if any. #}
{% macro exact_sum(column, over=none) -%}
    cast(sum(cast({{ column }} as decimal(38, 6))){{ ' over (' ~ over ~ ')' if over }} as double)
{%- endmacro %}

{# One number for several columns, so that a large table can be looked through for doubles cheaply. #}
{% macro hash_of(columns) -%}
    {{ 'xxhash64' if target.type == 'spark' else 'hash' }}({{ columns | join(', ') }})
{%- endmacro %}

{# A number without decimals, its thousands parted by commas. #}
{% macro thousands(column) -%}
    {% if target.type == 'spark' -%}
    format_number(cast(round({{ column }}) as bigint), 0)
    {%- else -%}
    format('{:,}', cast(round({{ column }}) as bigint))
    {%- endif %}
{%- endmacro %}
