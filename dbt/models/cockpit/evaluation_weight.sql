-- One row per scheme, period and part of the total score: its weight, and those of its own parts. The first row is the total.
{% set langs = ['zh', 'en'] %}
with run as (
    select distinct
        scheme_id,
        scheme_version,
        period_id
    from {{ ref('ranking') }}
),

part as (
    select
        scheme_id,
        version,
        parent_id,
    {% for lang in langs -%}
    string_agg(
        concat('<span><span>', {{ html_text('name_' ~ lang) }}, '</span> ', {{ weight_text('weight', 0, lang) }}, '</span>'), '' order by place
    ) as html_{{ lang }},
    string_agg(
        concat(name_{{ lang }}, ' ', {{ weight_text('weight', 1, lang) }}), '{{ '、' if lang == 'zh' else '; ' }}' order by place
    ) as text_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('scheme_node') }}
    where depth = 2
    group by scheme_id, version, parent_id
),

node as (
    select
        *,
        max(case when depth = 1 then weight end) over (partition by scheme_id, version) as heaviest,
        count(*) filter (where depth = 1) over (partition by scheme_id, version) as parts
    from {{ ref('scheme_node') }}
    where depth <= 1
)

select
    n.snapshot_id,
    n.scheme_id,
    r.period_id,
    n.node_id,
    n.place,
    n.depth,
    100 * n.weight as weight_pct,
{% for lang in langs -%}
c.scheme_{{ lang }},
{{ period_label('r.period_id', lang) }} as period_{{ lang }},
n.name_{{ lang }},
concat(
    n.name_{{ lang }}, ' ', {{ weight_text('n.weight', 1, lang) }},
    case when p.text_{{ lang }} is null then '' else concat('{{ '（' if lang == 'zh' else ' (' }}', p.text_{{ lang }}, '{{ '）' if lang == 'zh' else ')' }}') end
) as plain_{{ lang }},
case
    when n.depth = 0
        then concat(
            '<div class="weight weight-root"><span class="weight-name">', {{ html_text('n.name_' ~ lang) }}, '</span><span class="weight-how">', n.parts,
            '{{ ' 个部分；合成：' if lang == 'zh' else ' parts; put together by ' }}', {{ aggregation_text('n.aggregation', lang) }},
            '{{ '；权重：' if lang == 'zh' else '; weights: ' }}', {{ weighting_text('n.weighting', lang) }}, '</span></div>'
            )
    else concat(
        '<div class="weight"><span class="weight-name" title="', {{ html_text('n.name_' ~ lang) }}, '">', {{ html_text('n.name_' ~ lang) }},
        '</span><span class="weight-track"><span class="bar ',
        {{ share_class('w', 'n.weight / n.heaviest') }}, '"></span></span><b>', {{ weight_text('n.weight', 1, lang) }}, '</b><span class="weight-parts">',
        case
            when p.html_{{ lang }} is null then ''
            else concat('<span class="weight-how">', {{ weighting_text('n.weighting', lang) }}, '</span>', p.html_{{ lang }})
        end,
        '</span></div>'
        )
end as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from node as n
inner join run as r
    on n.scheme_id = r.scheme_id and n.version = r.scheme_version
inner join {{ ref('evaluated_scheme') }} as c
    on n.scheme_id = c.scheme_id and n.version = c.version
left join part as p
    on n.scheme_id = p.scheme_id and n.version = p.version and n.node_id = p.parent_id
