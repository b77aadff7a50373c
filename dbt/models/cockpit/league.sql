-- One row per scheme, period and unit; those without a rank say why not.
{% set langs = ['zh', 'en'] %}
{% set unit_page = {'zh': '/superset/dashboard/evaluation-unit-zh/', 'en': '/superset/dashboard/evaluation-unit-en/'} %}
with flag as (
    {{ flag_chips(ref('ranking')) }}
),

period as (
    select
        period_id,
        max(period_end) as period_end
    from {{ ref('indicator_series') }}
    group by period_id
),

placed as (
    select
        k.*,
        c.scheme_zh,
        c.scheme_en,
        c.min_coverage,
        c.tiers,
        p.period_end,
        coalesce(a.label_zh, '未划入片区') as peer_area_zh,
        coalesce(a.label_en, 'In no peer area') as peer_area_en,
        u.name_zh,
        u.name_en,
        u.unit_zh,
        u.unit_en,
        t.place as tier_place,
        t.name_zh as tier_zh,
        t.name_en as tier_en,
        {{ period_label('k.period_id', 'zh') }} as period_zh,
        {{ period_label('k.period_id', 'en') }} as period_en,
        cast(
            row_number() over (partition by k.scheme_id, k.period_id, k.peer_area_id order by k.rank asc nulls last, k.region_id asc) as integer
        ) as place,
        count(*) over (partition by k.scheme_id, k.period_id, k.peer_area_id, k.apart) as apart_units,
        row_number() over (partition by k.scheme_id, k.period_id, k.peer_area_id, k.apart order by k.rank asc nulls last, k.region_id asc) as apart_place
    from {{ ref('ranking') }} as k
    inner join {{ ref('evaluated_scheme') }} as c
        on k.scheme_id = c.scheme_id and k.scheme_version = c.version
    left join {{ ref('peer_area') }} as a
        on k.peer_area_id = a.peer_area_id
    inner join {{ ref('evaluated_unit') }} as u
        on k.region_id = u.region_id
    inner join period as p
        on k.period_id = p.period_id
    left join {{ ref('scheme_tier') }} as t
        on k.scheme_id = t.scheme_id and k.scheme_version = t.version and k.tier_id = t.tier_id
),

linked as (
    select
        p.*,
    {% for lang in langs -%}
    {{ page_link(unit_page[lang], ['scheme', 'unit', 'period'], 'p', lang) }}
        as link_{{ lang }},
    {{ movement_why('p.movement', 'p.movement_reason', lang) }} as movement_why_{{ lang }},
    case
        when p.rank is not null then null
        when p.coverage < p.min_coverage
            then
                concat(
                    '{{ '数据覆盖 ' if lang == 'zh' else 'data cover ' }}', {{ grouped_number('100 * p.coverage', 0) }},
                    '{{ '%，低于要求的 ' if lang == 'zh' else '%, below the required ' }}', {{ grouped_number('100 * p.min_coverage', 0) }}, '%'
                )
        else p.reason_{{ lang }}
    end as why_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from placed as p
)

select
    k.snapshot_id,
    k.scheme_id,
    k.region_id,
    k.period_id,
    k.period_end,
    k.peer_area_id,
    k.place,
    k.rank,
    k.n_ranked,
    k.rank_low,
    k.rank_high,
    k.apart,
    case when k.apart is not null then cast(k.apart_units as integer) end as apart_units,
    k.score,
    k.movement,
    100 * k.coverage as coverage_pct,
{% for lang in langs -%}
k.scheme_{{ lang }},
k.period_{{ lang }},
k.peer_area_{{ lang }},
k.name_{{ lang }} as region_{{ lang }},
k.unit_{{ lang }},
k.tier_{{ lang }},
k.link_{{ lang }},
concat('<a class="unit-name" href="', {{ html_text('k.link_' ~ lang) }}, '">', {{ html_text('k.unit_' ~ lang) }}, '</a>') as region_html_{{ lang }},
case
    when k.rank is null then '<span class="none">—</span>'
    else concat(
        '<span class="interval">', {{ whisker('k.rank', 'k.rank_low', 'k.rank_high', 'k.n_ranked', lang) }}, '<span>',
        case when k.rank_low is null then '{{ '未估计区间' if lang == 'zh' else 'no interval' }}' else concat(k.rank_low, '–', k.rank_high) end, '</span></span>'
        )
end as interval_html_{{ lang }},
case
    when k.apart is null then '<span class="none">—</span>'
    else concat(
        '<span class="apart ', case k.apart % 2 when 1 then 'odd' else 'even' end,
        case when k.apart_place = 1 then ' first' else '' end, case when k.apart_place = k.apart_units then ' last' else '' end, '">',
        '{{ '第 ' if lang == 'zh' else 'Group ' }}', k.apart, '{{ ' 组' if lang == 'zh' else '' }}',
        case
            when k.apart_place > 1 then ''
            when k.apart_units = 1 then '<span>{{ '与其他单位可区分' if lang == 'zh' else 'stands apart' }}</span>'
            else concat('<span>', k.apart_units, '{{ ' 个单位不分先后' if lang == 'zh' else ' units not told apart' }}</span>')
        end,
        '</span>'
        )
end as apart_html_{{ lang }},
case
    when k.tier_place is null then '<span class="none">—</span>'
    else {{ tier_chip('k.tier_' ~ lang, 'k.tier_place', 'k.tiers') }}
end as tier_html_{{ lang }},
{{ movement_text('k.movement', 'k.movement_reason', lang) }} as movement_{{ lang }},
k.movement_why_{{ lang }},
k.why_{{ lang }},
concat(
    '<span class="move ', case when k.movement > 0 then 'up' when k.movement < 0 then 'down' else 'still' end,
    '" title="', {{ html_text('k.movement_why_' ~ lang) }}, '">', {{ movement_text('k.movement', 'k.movement_reason', lang) }}, '</span>'
) as movement_html_{{ lang }},
concat(
    '<span class="note">',
    case
        when k.rank is null
            then
                concat(
                    '<span title="', {{ html_text('k.reason_' ~ lang) }}, '"><b>{{ '未排名' if lang == 'zh' else 'Not ranked' }}</b>{{ '：' if lang == 'zh' else ': ' }}',
                    -- The whole reason names the absent indicators: it is in the tooltip and the export.
                    {{ html_text('k.why_' ~ lang) }}, '</span> '
                )
        else ''
    end,
    case when k.most_improved then '<span class="mark">{{ '★ 进步最大' if lang == 'zh' else '★ most improved' }}</span> ' else '' end,
    case when k.vetoed and k.rank is not null then '<span class="mark">{{ '一票否决：列末档' if lang == 'zh' else 'veto: last tier' }}</span> ' else '' end,
    case
        when abs(k.points) >= 0.005 then concat('<span class="mark">{{ '加减分 ' if lang == 'zh' else 'points ' }}', {{ signed('k.points', 2) }}, '</span> ')
        else ''
    end,
    case
        when k.imputed_share >= 0.005
            then
                concat(
                    '<span class="mark">{{ '插补权重 ' if lang == 'zh' else 'weight filled in: ' }}', {{ grouped_number('100 * k.imputed_share', 0) }},
                    '%</span> '
                )
        else ''
    end,
    f.html_{{ lang }}, '</span>'
) as note_html_{{ lang }},
concat(
    case when k.rank is null then concat('{{ '未排名：' if lang == 'zh' else 'Not ranked: ' }}', coalesce(k.reason_{{ lang }}, ''), ' ') else '' end,
    case when k.most_improved then '{{ '进步最大 ' if lang == 'zh' else 'most improved ' }}' else '' end,
    case when k.vetoed and k.rank is not null then '{{ '一票否决：列末档 ' if lang == 'zh' else 'veto: last tier ' }}' else '' end,
    f.text_{{ lang }}
) as note_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from linked as k
left join flag as f
    on k.flags = f.flags
