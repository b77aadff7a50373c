-- One row per scheme, period, unit and cause: how many points and places it moved the unit, as a step of a waterfall from the score of the
-- period before to that of now. Causes that moved nothing share a row. Where no split can be made, one row says why.
{% set langs = ['zh', 'en'] %}
{% set factors = [
    ('own', '本单位数值变化', 'Its own figures', '本单位各项指标的数值变了', 'the figures of its own indicators changed'),
    ('others', '其他单位变化', 'The others', '同片区其他单位的数值变了，名次和按片区取的上下限随之变动', 'figures of the others in the peer area changed, and with them ranks and the bounds taken from the area'),
    ('revision', '历史数据修订', 'Revised figures', '上一期的数据事后被修订', 'figures of the period before were revised afterwards'),
    ('weights', '权重变化', 'Weights', '生效的权重变了，例如缺报的指标补报后权重重新分配', 'the weights in force changed, for example because an absent indicator came back'),
    ('definition', '指标定义变化', 'Definitions', '指标的定义换了版本', 'an indicator was defined anew'),
    ('boundary', '区划变化', 'Boundaries', '行政区划的边界变了', 'boundaries of regions changed'),
    ('imputation', '插补变化', 'Filled-in figures', '由插补填入的数值变了', 'figures that were filled in changed'),
] %}
with factor as (
    {% for factor in factors -%}
    select
        '{{ factor[0] }}' as factor,
        {{ loop.index }} as place,
        '{{ factor[1] }}' as name_zh,
        '{{ factor[2] }}' as name_en,
        '{{ factor[3] }}' as told_zh,
        '{{ factor[4] }}' as told_en
    {{ 'union all' if not loop.last else '' }}
    {% endfor %}
),

step as (
    select
        m.*,
        f.place,
        f.name_zh,
        f.name_en,
        f.told_zh,
        f.told_en,
        abs(m.score_part) < 0.005 and abs(m.rank_part) < 0.005 as still,
        b.score as before,
        n.score as now,
        n.movement,
        b.score + sum(m.score_part) over (partition by m.scheme_id, m.period_id, m.region_id order by f.place) as reached
    from {{ ref('movement') }} as m
    inner join factor as f
        on m.factor = f.factor
    inner join {{ ref('ranking') }} as n
        on m.scheme_id = n.scheme_id and m.period_id = n.period_id and m.region_id = n.region_id
    inner join {{ ref('ranking') }} as b
        on m.scheme_id = b.scheme_id and m.previous_period_id = b.period_id and m.region_id = b.region_id
),

scaled as (
    select
        *,
        least(min(least(reached, reached - score_part)) over (partition by scheme_id, period_id, region_id), before, now) as low,
        greatest(max(greatest(reached, reached - score_part)) over (partition by scheme_id, period_id, region_id), before, now) as high
    from step
),

ends as (
    select
        scheme_id,
        period_id,
        region_id,
        min(previous_period_id) as previous_period_id,
        min(before) as before,
        min(now) as now,
        min(low) as low,
        max(high) as high,
        min(movement) as movement,
        {% for lang in langs -%}
        string_agg(case when still then name_{{ lang }} end, '{{ '、' if lang == 'zh' else ', ' }}' order by place) as still_{{ lang }},
        {% endfor -%}
        count(*) filter (where still) as still_factors
    from scaled
    group by scheme_id, period_id, region_id
),

line as (
    select
        e.scheme_id,
        e.period_id,
        e.region_id,
        'before' as factor,
        0 as place,
        cast(null as double) as score_part,
        cast(null as double) as rank_part,
    {% for lang in langs -%}
    concat(
        '{{ '上期得分' if lang == 'zh' else 'Score before' }}', '{{ '（' if lang == 'zh' else ' (' }}', {{ period_label('e.previous_period_id', lang) }},
        '{{ '）' if lang == 'zh' else ')' }}'
    ) as name_{{ lang }},
    concat(
        '<span class="wf-track"><span class="dot ', {{ share_class('l', '(e.before - e.low) / nullif(e.high - e.low, 0)') }}, '"></span></span><b>',
        {{ grouped_number('e.before', 2) }},
        '</b><span class="wf-rank"></span>'
    ) as body_{{ lang }},
    'wf-end' as class_{{ lang }},
    '' as told_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from ends as e
    union all
    select
        s.scheme_id,
        s.period_id,
        s.region_id,
        s.factor,
        s.place,
        s.score_part,
        s.rank_part,
    {% for lang in langs -%}
    s.name_{{ lang }},
    concat(
        '<span class="wf-track"><span class="bar ', case when s.score_part < 0 then 'minus ' else 'plus ' end,
        {{ share_class('l', '(least(s.reached, s.reached - s.score_part) - s.low) / nullif(s.high - s.low, 0)') }}, ' ',
        {{ share_class('w', 'abs(s.score_part) / nullif(s.high - s.low, 0)') }},
        '"></span></span><b>',
        case when abs(s.score_part) < 0.005 then '{{ '得分不变' if lang == 'zh' else 'score same' }}' else {{ signed('s.score_part', 2) }} end,
        '</b><span class="wf-rank">',
        case
            when abs(s.rank_part) < 0.05 then '{{ '位次不变' if lang == 'zh' else 'rank same' }}'
            else concat(case when s.rank_part > 0 then '▲ ' else '▼ ' end, {{ grouped_number('abs(s.rank_part)', 1) }}, '{{ ' 位' if lang == 'zh' else ' places' }}')
        end, '</span>'
    ) as body_{{ lang }},
    'wf-step' as class_{{ lang }},
    s.told_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from scaled as s
    where not s.still
    union all
    select
        e.scheme_id,
        e.period_id,
        e.region_id,
        'now' as factor,
        100 as place,
        e.now - e.before as score_part,
        cast(e.movement as double) as rank_part,
    {% for lang in langs -%}
    '{{ '本期得分' if lang == 'zh' else 'Score now' }}' as name_{{ lang }},
    concat(
        '<span class="wf-track"><span class="dot ', {{ share_class('l', '(e.now - e.low) / nullif(e.high - e.low, 0)') }}, '"></span></span><b>',
        {{ grouped_number('e.now', 2) }},
        '</b><span class="wf-rank">', {{ movement_text('e.movement', "''", lang) }}, '</span>'
    ) as body_{{ lang }},
    'wf-end' as class_{{ lang }},
    '' as told_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from ends as e
    union all
    select
        e.scheme_id,
        e.period_id,
        e.region_id,
        'still' as factor,
        101 as place,
        cast(null as double) as score_part,
        cast(null as double) as rank_part,
    {% for lang in langs -%}
    '{{ '没有影响的因素' if lang == 'zh' else 'Without effect' }}' as name_{{ lang }},
    concat('<span class="wf-still">', {{ html_text('e.still_' ~ lang) }}, '</span>') as body_{{ lang }},
    'wf-note' as class_{{ lang }},
    '' as told_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from ends as e
    where e.still_factors > 0
    union all
    select
        k.scheme_id,
        k.period_id,
        k.region_id,
        'none' as factor,
        0 as place,
        cast(null as double) as score_part,
        cast(null as double) as rank_part,
    {% for lang in langs -%}
    '{{ '没有可分解的变化' if lang == 'zh' else 'No movement to split' }}' as name_{{ lang }},
    concat('<span class="wf-still">', {{ html_text('k.movement_why_' ~ lang) }}, '</span>') as body_{{ lang }},
    'wf-note' as class_{{ lang }},
    '' as told_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('league') }} as k
    left join ends as e
        on k.scheme_id = e.scheme_id and k.period_id = e.period_id and k.region_id = e.region_id
    where e.region_id is null
)

select
    k.snapshot_id,
    l.scheme_id,
    l.period_id,
    l.region_id,
    l.factor,
    l.place,
    l.score_part,
    l.rank_part,
{% for lang in langs -%}
k.scheme_{{ lang }},
k.period_{{ lang }},
k.unit_{{ lang }},
l.name_{{ lang }},
concat(
    l.name_{{ lang }},
    case when l.score_part is null then '' else concat('{{ '：得分 ' if lang == 'zh' else ': score ' }}', {{ signed('l.score_part', 2) }}) end,
    case when l.rank_part is null then '' else concat('{{ '，位次 ' if lang == 'zh' else ', places ' }}', {{ signed('l.rank_part', 1) }}) end
) as plain_{{ lang }},
concat(
    '<div class="wf ', l.class_{{ lang }}, '"><span class="wf-name">', {{ html_text('l.name_' ~ lang) }},
    case when l.told_{{ lang }} = '' then '' else concat('<span>', {{ html_text('l.told_' ~ lang) }}, '</span>') end, '</span>', l.body_{{ lang }}, '</div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from line as l
inner join {{ ref('league') }} as k
    on l.scheme_id = k.scheme_id and l.period_id = k.period_id and l.region_id = k.region_id
