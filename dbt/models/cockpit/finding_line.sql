-- One row per finding, newest and gravest first. Plain text alone: what a file had in its cells stands in it.
{% set langs = ['zh', 'en'] %}
{% set dimensions = ['completeness', 'timeliness', 'validity', 'uniqueness', 'consistency', 'plausibility', 'honesty'] %}
with placed as (
    select
        *,
        case severity when 'high' then 1 when 'medium' then 2 else 3 end as severity_place,
        case dimension
            {% for dimension in dimensions -%}
            when '{{ dimension }}' then {{ loop.index }}
            {% endfor -%}
        end as dimension_place
    from {{ ref('finding') }}
)

select
    snapshot_id,
    finding_id,
    cast(
        row_number() over (
            order by
                case mark when 'open' then 1 else 2 end asc, period_end desc nulls last, severity_place asc, dimension_place asc, feed_id asc, finding_id asc
        ) as integer
    ) as place,
    feed_id,
    unit_id,
    severity_place,
    dimension_place,
{% for lang in langs -%}
{{ dimension_text('dimension', lang) }} as dimension_{{ lang }},
{{ severity_text('severity', lang) }} as severity_{{ lang }},
rule_{{ lang }},
feed_{{ lang }},
coalesce(unit_{{ lang }}, '{{ '不属于某一单元' if lang == 'zh' else 'Of no one unit' }}') as unit_{{ lang }},
coalesce(region_{{ lang }}, '') as region_{{ lang }},
coalesce(measure_{{ lang }}, '') as measure_{{ lang }},
coalesce({{ period_label('period_id', lang) }}, '') as period_{{ lang }},
coalesce(detail_{{ lang }}, '') as detail_{{ lang }},
{{ mark_text('mark', lang) }} as mark_{{ lang }},
owner_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from placed
