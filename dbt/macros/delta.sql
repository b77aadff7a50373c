{# A delta build goes on from the snapshot in force: in a copy of its warehouse it makes again what the files that came since can change, and
   nothing else. What that is stands in the tables of the schema `delta` (dagster_project/warehouse/delta.sql). In a full build none of this is there. #}

{% macro is_delta() -%}
    {# Only once models run: what is parsed must not depend on it. #}
    {{ return(execute and env_var('CITYDECK_DELTA', '') != '') }}
{%- endmacro %}

{# Configures a table of which a delta build replaces the rows whose `keys` stand in `delta.<table>`; its statement has to make just those.
   `first`: what is to be done before. A table that is `served` names its snapshot in every row, in its last column. #}
{% macro replaced_by(table, keys, first=none, served=false) -%}
    {% set hooks = [first, '{{ rename_snapshot() }}' if served, "{{ forget('" ~ table ~ "', ['" ~ keys | join("', '") ~ "']) }}"] -%}
    {{ config(materialized='incremental', incremental_strategy='append', on_schema_change='fail', pre_hook=hooks | select | list,
        meta={'replaced': {'delta': table, 'keys': keys}}) }}
{%- endmacro %}

{# The rows that stay become those of the new snapshot: a column of one value is a note in the catalog, not a write to every row. #}
{% macro rename_snapshot() -%}
    {% if is_delta() -%}
    {% set id = run_query('select snapshot_id from ' ~ source('registry', 'build')).columns[0].values()[0] -%}
    alter table {{ this }} drop column snapshot_id;
    alter table {{ this }} add column snapshot_id varchar default '{{ id }}';
    {%- endif %}
{%- endmacro %}

{% macro forget(table, keys) -%}
    {% if is_delta() -%}
    delete from {{ this }} where ({{ keys | join(', ') }}) in (select {{ keys | join(', ') }} from delta.{{ table }})
    {%- endif %}
{%- endmacro %}

{# A condition for `where`: the row is among what is made again. Always true in a full build. #}
{% macro in_delta(table, columns, keys=none) -%}
    {% if is_delta() -%}
    ({{ columns | join(', ') }}) in (select {{ (keys or columns) | join(', ') }} from delta.{{ table }})
    {%- else -%}
    true
    {%- endif %}
{%- endmacro %}

{# The same for the rows of a whole relation, by what its model says that it replaces. Rows that stay were tested when they were made. #}
{% macro moved_rows(relation) -%}
    {% set said = [] -%}
    {% if is_delta() -%}
    {% for node in graph.nodes.values() if node.name == relation.identifier and node.config.get('meta', {}).get('replaced') -%}
    {% do said.append(node.config.meta.replaced) -%}
    {% endfor -%}
    {% endif -%}
    {{ in_delta(said[0].delta, said[0]['keys']) if said else 'true' }}
{%- endmacro %}

{# The rows of a statement, or of what is made of it; in a delta build those of the months that are read again, listed so that only their files
   are opened. #}
{% macro stated(feed, relation=none, period='period') -%}
    {% set relation = relation or ref('stg_' ~ feed) -%}
    {% if is_delta() -%}
    {% set months = run_query("select period_id from delta.feed_read where feed_id = '" ~ feed ~ "' order by period_id").columns[0].values() -%}
    (select * from {{ relation }} where {{ period }} in ('{{ months | join("', '") }}'))
    {%- else -%}
    {{ relation }}
    {%- endif %}
{%- endmacro %}

{# Whether a delta build has to make anything of this feed again. #}
{% macro feed_moves(feed) -%}
    {% if is_delta() -%}
    {{ return(run_query("select 1 from delta.feed_period where feed_id = '" ~ feed ~ "' limit 1").rows | length > 0) }}
    {%- else -%}
    {{ return(true) }}
    {%- endif %}
{%- endmacro %}
