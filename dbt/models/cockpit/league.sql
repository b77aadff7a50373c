-- One row per scheme, period and unit; those without a rank say why not.
{% set langs = ['zh', 'en'] %}
with unit as (
    select
        region_id,
        max(name_zh) as name_zh,
        max(name_en) as name_en
    from {{ ref('region') }}
    group by region_id
),

flag as (
    {{ flag_chips(ref('ranking')) }}
),

period as (
    select
        period_id,
        max(period_end) as period_end
    from {{ ref('indicator_series') }}
    group by period_id
)

select
    k.snapshot_id,
    k.scheme_id,
    k.region_id,
    k.period_id,
    p.period_end,
    k.peer_area_id,
    cast(coalesce(k.rank, 1000000) as integer) as place,
    k.rank,
    k.n_ranked,
    k.score,
    k.movement,
    100 * k.coverage as coverage_pct,
{% for lang in langs -%}
c.name_{{ lang }} as scheme_{{ lang }},
{{ period_label('k.period_id', lang) }} as period_{{ lang }},
a.label_{{ lang }} as peer_area_{{ lang }},
u.name_{{ lang }} as region_{{ lang }},
concat('<span class="unit-name">', {{ html_text('u.name_' ~ lang) }}, '</span>') as region_html_{{ lang }},
concat(
    '<span class="move">',
    case
        when k.movement > 0 then concat('▲ ', k.movement)
        when k.movement < 0 then concat('▼ ', -k.movement)
        when k.movement = 0 then '{{ '持平' if lang == 'zh' else '=' }}'
        when k.rank is null then '—'
        else '{{ '首次' if lang == 'zh' else 'new' }}'
    end,
    '</span>'
) as movement_html_{{ lang }},
concat(
    '<span class="note">',
    case
        when k.rank is null
            then
                concat(
                    '<span title="', {{ html_text('k.reason_' ~ lang) }}, '"><b>{{ '未排名' if lang == 'zh' else 'Not ranked' }}</b>{{ '：' if lang == 'zh' else ': ' }}',
                    -- The whole reason names the absent indicators: it is in the tooltip and the export.
                    case
                        when k.coverage < c.min_coverage
                            then
                                concat(
                                    '{{ '数据覆盖 ' if lang == 'zh' else 'data cover ' }}', {{ grouped_number('100 * k.coverage', 0) }},
                                    '{{ '%，低于要求的 ' if lang == 'zh' else '%, below the required ' }}', {{ grouped_number('100 * c.min_coverage', 0) }}, '%'
                                )
                        else {{ html_text('k.reason_' ~ lang) }}
                    end, '</span> '
                )
        else ''
    end,
    f.html_{{ lang }}, '</span>'
) as note_html_{{ lang }},
concat(
    case when k.rank is null then concat('{{ '未排名：' if lang == 'zh' else 'Not ranked: ' }}', coalesce(k.reason_{{ lang }}, ''), ' ') else '' end,
    f.text_{{ lang }}
) as note_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('ranking') }} as k
inner join {{ ref('scheme') }} as c
    on k.scheme_id = c.scheme_id and k.scheme_version = c.version
inner join {{ ref('peer_area') }} as a
    on k.peer_area_id = a.peer_area_id
inner join unit as u
    on k.region_id = u.region_id
inner join period as p
    on k.period_id = p.period_id
left join flag as f
    on k.flags = f.flags
