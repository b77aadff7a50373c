-- One row per scheme, period and unit: the way back, and where the unit stands in a few figures.
{% set langs = ['zh', 'en'] %}
{% set league_page = {'zh': '/superset/dashboard/evaluation-zh/', 'en': '/superset/dashboard/evaluation-en/'} %}
{% set city_page = {'zh': '/superset/dashboard/city-zh/', 'en': '/superset/dashboard/city-en/'} %}
with chance as (
    select
        h.scheme_id,
        h.region_id,
        h.period_id,
    {% for lang in langs -%}
    string_agg(
        concat(t.name_{{ lang }}, ' ', {{ grouped_number('100 * h.probability', 0) }}, '%'), '{{ '，' if lang == 'zh' else ', ' }}' order by t.place
    ) as text_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('tier_chance') }} as h
    inner join {{ ref('ranking') }} as k
        on h.scheme_id = k.scheme_id and h.region_id = k.region_id and h.period_id = k.period_id
    inner join {{ ref('scheme_tier') }} as t
        on k.scheme_id = t.scheme_id and k.scheme_version = t.version and h.tier_id = t.tier_id
    where h.probability >= 0.005
    group by h.scheme_id, h.region_id, h.period_id
),

mean as (
    select
        scheme_id,
        period_id,
        peer_area_id,
        {{ exact_sum('score') }} / count(*) as score
    from {{ ref('ranking') }}
    where {{ quoted('rank') }} is not null
    group by scheme_id, period_id, peer_area_id
)

select
    k.snapshot_id,
    k.scheme_id,
    k.period_id,
    k.region_id,
    k.rank,
    k.score,
{% for lang in langs -%}
{% set other = 'en' if lang == 'zh' else 'zh' -%}
k.scheme_{{ lang }},
k.period_{{ lang }},
k.unit_{{ lang }},
concat(
    k.unit_{{ lang }}, '{{ '，' if lang == 'zh' else ', ' }}', k.scheme_{{ lang }}, '{{ '，' if lang == 'zh' else ', ' }}', k.period_{{ lang }},
    '{{ '：' if lang == 'zh' else ': ' }}',
    case when k.rank is null then k.note_{{ lang }} else {{ rank_text('k.rank', 'k.rank_low', 'k.rank_high', 'k.n_ranked', lang) }} end
) as plain_{{ lang }},
concat(
    '<div class="head"><div class="crumb"><span><a href="{{ city_page[lang] }}">{{ '城市总览' if lang == 'zh' else 'City overview' }}</a> › <a class="back" href="',
    {{ html_text(page_link(league_page[lang], ['scheme', 'peer_area', 'period'], 'k', lang)) }},
    '">{{ '评价' if lang == 'zh' else 'Evaluation' }} · ', {{ html_text('k.scheme_' ~ lang) }}, ' · ', {{ html_text('k.period_' ~ lang) }}, ' · ',
    {{ html_text('k.peer_area_' ~ lang) }},
    '</a> › <b>', {{ html_text('k.unit_' ~ lang) }}, '</b></span><a class="language" href="', {{ html_text('k.link_' ~ other) }},
    '">{{ 'English' if lang == 'zh' else '中文' }}</a></div><div class="facts">',
    '<div class="fact"><span>{{ '位次' if lang == 'zh' else 'Rank' }}</span><b>',
    case when k.rank is null then '{{ '未排名' if lang == 'zh' else 'Not ranked' }}' else cast(k.rank as varchar) end, '</b><span>',
    case
        when k.rank is null then {{ html_text('k.why_' ~ lang) }}
        else concat('{{ '片区内 ' if lang == 'zh' else 'of ' }}', k.n_ranked, '{{ ' 个参评单位' if lang == 'zh' else ' ranked in the peer area' }}')
    end, '</span></div>',
    case
        when k.rank is null then ''
        else concat(
            '<div class="fact"><span>{{ '位次区间（5%–95%）' if lang == 'zh' else 'Rank interval (5-95 %)' }}</span><b>',
            case when k.rank_low is null then '—' else concat(k.rank_low, '–', k.rank_high) end, '</b><span>',
            case
                when k.apart is null then '{{ '本方案未估计区间' if lang == 'zh' else 'this scheme computes none' }}'
                when k.apart_units = 1 then '{{ '与片区内其他单位可区分' if lang == 'zh' else 'told apart from every other' }}'
                else concat('{{ '与另外 ' if lang == 'zh' else 'not told apart from ' }}', k.apart_units - 1, '{{ ' 个单位不分先后' if lang == 'zh' else ' more' }}')
            end, '</span></div>'
            )
    end,
    case
        when k.score is null then ''
        else concat(
            '<div class="fact"><span>{{ '得分' if lang == 'zh' else 'Score' }}</span><b>', {{ grouped_number('k.score', 2) }}, '</b><span>',
            case when m.score is null then '' else concat(
                '{{ '片区均分 ' if lang == 'zh' else 'mean of the peer area ' }}', {{ grouped_number('m.score', 2) }}
                ) end,
            '</span></div>'
            )
    end,
    case
        when k.tier_{{ lang }} is null then ''
        else concat(
            '<div class="fact"><span>{{ '档次' if lang == 'zh' else 'Tier' }}</span>', k.tier_html_{{ lang }}, '<span>',
            {{ html_text("coalesce(h.text_" ~ lang ~ ", '')") }}, '</span></div>'
            )
    end,
    '<div class="fact"><span>{{ '位次变化' if lang == 'zh' else 'Movement' }}</span><b>', k.movement_{{ lang }}, '</b><span>',
    {{ html_text('k.movement_why_' ~ lang) }}, '</span></div>',
    '<div class="fact"><span>{{ '数据覆盖' if lang == 'zh' else 'Covered' }}</span><b>', {{ grouped_number('k.coverage_pct', 0) }}, '%</b><span>',
    '{{ '至少 ' if lang == 'zh' else 'required ' }}', {{ grouped_number('100 * s.min_coverage', 0) }}, '%</span></div>',
    '</div><div class="head-note">', k.note_html_{{ lang }}, '</div></div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('league') }} as k
inner join {{ ref('ranking') }} as r
    on k.scheme_id = r.scheme_id and k.period_id = r.period_id and k.region_id = r.region_id
inner join {{ ref('evaluated_scheme') }} as s
    on r.scheme_id = s.scheme_id and r.scheme_version = s.version
left join mean as m
    on k.scheme_id = m.scheme_id and k.period_id = m.period_id and k.peer_area_id = m.peer_area_id
left join chance as h
    on k.scheme_id = h.scheme_id and k.period_id = h.period_id and k.region_id = h.region_id
