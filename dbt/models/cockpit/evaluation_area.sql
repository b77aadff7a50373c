-- One row per scheme, period and peer area: its units in the order of their ranks with the interval of each; and one row that is the legend.
-- Of a large peer area the first and the last are drawn.
{% set langs = ['zh', 'en'] %}
{% set drawn = 8 %}
with line as (
    select
        k.scheme_id,
        k.period_id,
        k.peer_area_id,
        k.place,
        k.n_ranked,
    {% for lang in langs -%}
    concat(
        '<span class="iv ', case k.apart % 2 when 1 then 'odd' when 0 then 'even' else 'none' end, '"><span class="iv-rank">', k.rank, '</span><a class="iv-name" title="',
        {{ html_text('k.unit_' ~ lang) }}, '" href="', {{ html_text('k.link_' ~ lang) }}, '">', {{ html_text('u.short_' ~ lang) }}, '</a>',
        {{ whisker('k.rank', 'k.rank_low', 'k.rank_high', 'k.n_ranked', lang) }}, '</span>'
    ) as html_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('league') }} as k
    inner join {{ ref('evaluated_unit') }} as u
        on k.region_id = u.region_id
    where k.rank is not null and (k.place <= {{ drawn }} or k.place > k.n_ranked - {{ drawn }})
),

card as (
    select
        scheme_id,
        period_id,
        peer_area_id,
    {% for lang in langs -%}
    coalesce(string_agg(html_{{ lang }}, '' order by place) filter (where place <= {{ drawn }}), '') as head_{{ lang }},
    coalesce(string_agg(html_{{ lang }}, '' order by place) filter (where place > {{ drawn }}), '') as tail_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from line
    group by scheme_id, period_id, peer_area_id
),

area as (
    select
        snapshot_id,
        scheme_id,
        period_id,
        coalesce(peer_area_id, '') as peer_area_id,
        {% for lang in langs -%}
        max(scheme_{{ lang }}) as scheme_{{ lang }},
        max(period_{{ lang }}) as period_{{ lang }},
        max(peer_area_{{ lang }}) as peer_area_{{ lang }},
        {% endfor -%}
        count(*) as units,
        count(rank) as ranked,
        max(apart) as groups
    from {{ ref('league') }}
    group by snapshot_id, scheme_id, period_id, coalesce(peer_area_id, '')
)

select
    a.snapshot_id,
    a.scheme_id,
    a.period_id,
    a.peer_area_id,
    cast(row_number() over (partition by a.scheme_id, a.period_id order by a.peer_area_id = '' asc, a.ranked desc, a.peer_area_id asc) as integer) as place,
    cast(a.units as integer) as units,
    cast(a.ranked as integer) as ranked,
    cast(a.groups as integer) as groups,
{% for lang in langs -%}
a.scheme_{{ lang }},
a.period_{{ lang }},
a.peer_area_{{ lang }},
concat(
    a.peer_area_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}', a.ranked, '{{ ' 个参评 / 共 ' if lang == 'zh' else ' ranked of ' }}', a.units,
    '{{ ' 个单位' if lang == 'zh' else ' units' }}',
    case when a.groups is null then '' else concat('{{ '，' if lang == 'zh' else ', ' }}', a.groups, '{{ ' 组' if lang == 'zh' else ' groups' }}') end
) as plain_{{ lang }},
concat(
    '<div class="iv-card"><div class="iv-head"><b>', {{ html_text('a.peer_area_' ~ lang) }}, '</b><span>', a.ranked,
    '{{ ' 个参评 / 共 ' if lang == 'zh' else ' ranked of ' }}', a.units,
    '{{ ' 个' if lang == 'zh' else '' }}',
    case when a.groups is null then '' else concat(
        '{{ '，可分 ' if lang == 'zh' else ', groups: ' }}', a.groups, '{{ ' 组' if lang == 'zh' else '' }}'
        ) end,
    '</span></div>',
    case
        when c.head_{{ lang }} is null
            then '<div class="iv-none">{{ '本期没有单位达到排名条件，原因见排名表' if lang == 'zh' else 'No unit could be ranked in this period; the league table says why' }}</div>'
        else c.head_{{ lang }}
    end,
    case
        when a.ranked > {{ 2 * drawn }}
            then
                concat(
                    '<div class="iv-none">{{ '中间 ' if lang == 'zh' else '… ' }}', a.ranked - {{ 2 * drawn }},
                    '{{ ' 个略，见排名表' if lang == 'zh' else ' between them are in the league table' }}</div>'
                )
        else ''
    end,
    coalesce(c.tail_{{ lang }}, ''), '</div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from area as a
left join card as c
    on a.scheme_id = c.scheme_id and a.period_id = c.period_id and a.peer_area_id = c.peer_area_id
union all
select
    a.snapshot_id,
    a.scheme_id,
    a.period_id,
    'legend' as peer_area_id,
    1000 as place,
    cast(null as integer) as units,
    cast(null as integer) as ranked,
    cast(null as integer) as groups,
{% for lang in langs -%}
a.scheme_{{ lang }},
a.period_{{ lang }},
'{{ '图例' if lang == 'zh' else 'Legend' }}' as peer_area_{{ lang }},
'{{ '圆点为位次，横条为 5%–95% 位次区间；同一底色相邻的单位不分先后' if lang == 'zh' else 'dot: rank; bar: 5-95 % interval of the rank; neighbours on one ground cannot be told apart' }}' as plain_{{ lang }},
concat(
    '<div class="iv-legend">',
    {{ whisker('3', '2', '5', '6', lang) }},
    '<span>{{ '圆点是位次，横条是位次的 5%–95% 区间（左端第一名，右端最后一名）' if lang == 'zh' else 'Dot: rank. Bar: 5-95 % interval of the rank. First on the left, last on the right.' }}</span>',
    '<span class="iv odd"></span><span class="iv even"></span>',
    '<span>{{ '相邻且底色相同的单位不分先后' if lang == 'zh' else 'Neighbours on the same ground cannot be told apart.' }}</span></div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from (select distinct snapshot_id, scheme_id, period_id, scheme_zh, scheme_en, period_zh, period_en from area) as a
