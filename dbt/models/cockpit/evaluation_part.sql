-- One row per scheme, period, unit and part of the total score: what the part gives the unit, beside what it gives its peer area on average.
-- The first row is the sum; a unit without a score has that row alone, which says so.
{% set langs = ['zh', 'en'] %}
with node as (
    select
        r.scheme_id,
        r.period_id,
        r.region_id,
        n.node_id,
        n.place,
        n.name_zh,
        n.name_en,
        p.score,
        p.weight_in_force,
        p.part,
        p.area_part,
        p.gap,
        max(greatest(p.part, coalesce(p.area_part, 0))) over (partition by r.scheme_id, r.period_id, r.region_id) as largest,
        {{ exact_sum('p.part', 'partition by r.scheme_id, r.period_id, r.region_id') }} as total,
        {{ exact_sum('p.area_part', 'partition by r.scheme_id, r.period_id, r.region_id') }} as area_total
    from {{ ref('ranking') }} as r
    inner join {{ ref('scheme_node') }} as n
        on r.scheme_id = n.scheme_id and r.scheme_version = n.version and n.depth = 1
    -- A part that gives nobody of the peer area a score has no row there, and is named all the same.
    left join {{ ref('contribution') }} as p
        on r.scheme_id = p.scheme_id and r.period_id = p.period_id and r.region_id = p.region_id and n.node_id = p.node_id
    where r.score is not null
),

summed as (
    select
        scheme_id,
        period_id,
        region_id,
        max(total) as total,
        max(area_total) as area_total
    from node
    group by scheme_id, period_id, region_id
),

area_points as (
    select
        scheme_id,
        period_id,
        peer_area_id,
        {{ exact_sum('points') }} / count(*) as points
    from {{ ref('ranking') }}
    where {{ quoted('rank') }} is not null
    group by scheme_id, period_id, peer_area_id
),

line as (
    select
        k.snapshot_id,
        k.scheme_id,
        k.period_id,
        k.region_id,
        'total' as node_id,
        0 as place,
        s.total as part,
        s.area_total as area_part,
        s.total - s.area_total as gap,
        cast(null as double) as score,
        cast(null as double) as weight_pct,
    {% for lang in langs -%}
    k.scheme_{{ lang }},
    k.period_{{ lang }},
    k.unit_{{ lang }},
    '{{ '合计' if lang == 'zh' else 'Sum' }}' as name_{{ lang }},
    case
        when s.total is null
            then concat('<div class="part part-none">{{ '没有得分，无从分解。' if lang == 'zh' else 'There is no score to explain. ' }}', {{ html_text('k.why_' ~ lang) }}, '</div>')
        else concat(
            '<div class="part part-total"><span class="part-name">{{ '合计' if lang == 'zh' else 'Sum' }}</span><span class="part-track"></span><b>',
            {{ grouped_number('s.total', 2) }}, '</b>',
            case
                when s.area_total is null then '<span class="part-area"></span><span class="gap"></span>'
                else concat(
                    '<span class="part-area">', {{ grouped_number('s.area_total', 2) }}, '</span><span class="gap ',
                    case when s.total < s.area_total then 'minus' else 'plus' end, '">',
                    {{ signed('(s.total - s.area_total)', 2) }}, '</span>'
                    )
            end,
            '</div>'
            )
    end as html_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('league') }} as k
    left join summed as s
        on k.scheme_id = s.scheme_id and k.period_id = s.period_id and k.region_id = s.region_id
    union all
    select
        k.snapshot_id,
        k.scheme_id,
        k.period_id,
        k.region_id,
        n.node_id,
        n.place,
        n.part,
        n.area_part,
        n.gap,
        n.score,
        100 * n.weight_in_force as weight_pct,
    {% for lang in langs -%}
    k.scheme_{{ lang }},
    k.period_{{ lang }},
    k.unit_{{ lang }},
    n.name_{{ lang }},
    concat(
        '<div class="part" title="', {{ html_text('n.name_' ~ lang) }},
        case
            when n.score is null then '{{ '：没有得分，权重分给了其他部分' if lang == 'zh' else ': no score; its weight went to the other parts' }}'
            else concat(
                '{{ '：得分 ' if lang == 'zh' else ': score ' }}', {{ grouped_number('n.score', 2) }},
                '{{ '，生效权重 ' if lang == 'zh' else ', weight in force ' }}', {{ grouped_number('100 * n.weight_in_force', 1) }}, '%'
                )
        end, '"><span class="part-name">', {{ html_text('n.name_' ~ lang) }},
        '</span><span class="part-track"><span class="bar ', {{ share_class('w', 'n.part / n.largest') }}, '"></span>',
        case when n.area_part is null then '' else concat('<span class="tick ', {{ share_class('l', 'n.area_part / n.largest') }}, '"></span>') end,
        '</span><b>', case when n.score is null then '{{ '没有得分' if lang == 'zh' else 'no score' }}' else {{ grouped_number('n.part', 2) }} end, '</b>',
        case
            when n.gap is null then '<span class="part-area">—</span><span class="gap">—</span>'
            else concat(
                '<span class="part-area">', {{ grouped_number('n.area_part', 2) }}, '</span><span class="gap ',
                case when n.gap < 0 then 'minus' else 'plus' end, '">', {{ signed('n.gap', 2) }}, '</span>'
                )
        end,
        '</div>'
    ) as html_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from node as n
    inner join {{ ref('league') }} as k
        on n.scheme_id = k.scheme_id and n.period_id = k.period_id and n.region_id = k.region_id
    union all
    select
        k.snapshot_id,
        k.scheme_id,
        k.period_id,
        k.region_id,
        'head' as node_id,
        -1 as place,
        cast(null as double) as part,
        cast(null as double) as area_part,
        cast(null as double) as gap,
        cast(null as double) as score,
        cast(null as double) as weight_pct,
    {% for lang in langs -%}
    k.scheme_{{ lang }},
    k.period_{{ lang }},
    k.unit_{{ lang }},
    '{{ '部分' if lang == 'zh' else 'Part' }}' as name_{{ lang }},
    concat(
        '<div class="part part-head"><span class="part-name">{{ '部分' if lang == 'zh' else 'Part' }}</span><span class="part-track">',
        '{{ '竖线为片区均值' if lang == 'zh' else 'upright line: mean of the peer area' }}</span><b>{{ '贡献分' if lang == 'zh' else 'Points' }}</b>',
        '<span class="part-area">{{ '片区均值' if lang == 'zh' else 'Mean' }}</span><span class="gap">{{ '差距' if lang == 'zh' else 'Gap' }}</span></div>'
    ) as html_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('league') }} as k
    inner join summed as s
        on k.scheme_id = s.scheme_id and k.period_id = s.period_id and k.region_id = s.region_id
    union all
    select
        k.snapshot_id,
        k.scheme_id,
        k.period_id,
        k.region_id,
        'points' as node_id,
        100000 as place,
        r.points as part,
        a.points as area_part,
        r.points - a.points as gap,
        cast(null as double) as score,
        cast(null as double) as weight_pct,
    {% for lang in langs -%}
    k.scheme_{{ lang }},
    k.period_{{ lang }},
    k.unit_{{ lang }},
    '{{ '加减分' if lang == 'zh' else 'Bonus or deduction' }}' as name_{{ lang }},
    concat(
        '<div class="part part-points"><span class="part-name">{{ '加减分' if lang == 'zh' else 'Bonus or deduction' }}</span><span class="part-track">',
        '{{ '在合计之外，计入得分' if lang == 'zh' else 'on top of the sum, inside the score' }}</span><b>', {{ signed('r.points', 2) }},
        '</b><span class="part-area">',
        case
            when a.points is null then '</span><span class="gap">'
            else concat(
                {{ signed('a.points', 2) }}, '</span><span class="gap ', case when r.points < a.points then 'minus' else 'plus' end, '">',
                {{ signed('(r.points - a.points)', 2) }}
                )
        end, '</span></div>'
    ) as html_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('league') }} as k
    inner join {{ ref('ranking') }} as r
        on k.scheme_id = r.scheme_id and k.period_id = r.period_id and k.region_id = r.region_id
    inner join summed as s
        on k.scheme_id = s.scheme_id and k.period_id = s.period_id and k.region_id = s.region_id
    left join area_points as a
        on r.scheme_id = a.scheme_id and r.period_id = a.period_id and r.peer_area_id = a.peer_area_id
    -- Where only others have points the sums of the parts would not meet the scores above without this line.
    where abs(r.points) >= 0.005 or abs(a.points) >= 0.005
)

select
    *,
{% for lang in langs -%}
case
    when part is null then name_{{ lang }}
    else concat(
        name_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}', {{ grouped_number('part', 2) }},
        case when area_part is null then '' else concat('{{ '，片区均值 ' if lang == 'zh' else ', mean of the peer area ' }}', {{ grouped_number('area_part', 2) }}) end
        )
end as plain_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from line
