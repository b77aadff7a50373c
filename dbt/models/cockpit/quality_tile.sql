-- The quality page's big numbers, a row each: pass rate, findings that are open, grades of the feeds, grades of the city's indicators.
{% set langs = ['zh', 'en'] %}
with newest as (
    select *
    from {{ ref('feed_quality') }}
    qualify row_number() over (partition by feed_id order by period_end desc, period_id asc) = 1
),

month as (
    select
        strftime(period_end, '%Y-%m') as month_id,
        100.0 * sum(passed) / sum(expected) as pass_pct
    from {{ ref('feed_quality') }}
    where expected > 0
    group by strftime(period_end, '%Y-%m')
),

recent as (
    select
        *,
        row_number() over (order by month_id desc) as back
    from month
    qualify row_number() over (order by month_id desc) <= 12
),

point as (
    select
        back,
        96.0 * (max(back) over () - back) / nullif(count(*) over () - 1, 0) as x,
        case
            when max(pass_pct) over () = min(pass_pct) over () then 14.0
            else 28.0 * (max(pass_pct) over () - pass_pct) / (max(pass_pct) over () - min(pass_pct) over ())
        end as y
    from recent
),

line as (
    select
        string_agg(format('{:.1f},{:.1f}', x, y), ' ' order by back desc) as points,
        format('{:.1f}', min_by(y, back)) as last_y
    from point
    where x is not null
),

passing as (
    select
        100.0 * sum(passed) / nullif(sum(expected), 0) as pass_pct,
        coalesce(sum(passed), 0) as passed,
        coalesce(sum(expected), 0) as expected,
        count(*) as returns
    from newest
    where expected > 0
),

found as (
    select
        {% for severity in ['high', 'medium', 'low'] %}
        count(*) filter (where mark = 'open' and severity = '{{ severity }}') as {{ severity }},
        {% endfor %}
    {% for mark in ['open', 'corrected', 'accepted'] %}
    count(*) filter (where mark = '{{ mark }}') as {{ mark }}{{ ',' if not loop.last }}
    {% endfor %}
    from {{ ref('finding') }}
),

feed_grade as (
    select
    {% for grade in ['a', 'b', 'c', 'd'] %}
        count(*) filter (where grade = '{{ grade | upper }}') as {{ grade }}{{ ',' if not loop.last }}
    {% endfor %}
    from newest
),

value_grade as (
    select
        {% for grade in ['a', 'b', 'c', 'd'] %}
        count(*) filter (where l.grade = '{{ grade | upper }}') as {{ grade }},
        {% endfor %}
        count(l.grade) as graded
    from {{ ref('indicator_latest') }} as l
    inner join (
        select distinct region_id from {{ ref('region') }}
        where level = 'city'
    ) as r
        on l.region_id = r.region_id
    where l.boundary = 'at_time'
),

told as (
    select
        1 as place,
        'pass_rate' as figure_id,
        p.pass_pct as value,
        '治理合格率' as name_zh,
        'Governance pass rate' as name_en,
        -- Cut, not rounded: 100 % is said only of a hundred.
        case when p.pass_pct is null then '—' else concat(format('{:.2f}', floor(100 * p.pass_pct) / 100), '%') end as figure_zh,
        case when p.pass_pct is null then '—' else concat(format('{:.2f}', floor(100 * p.pass_pct) / 100), '%') end as figure_en,
        concat(
            '最新一期 ', p.returns, ' 类报送：合格 ', {{ grouped_number('p.passed', 0) }}, ' / 应报 ', {{ grouped_number('p.expected', 0) }}, ' 单元'
        ) as note_zh,
        concat(
            'newest period of ', p.returns, ' returns: ', {{ grouped_number('p.passed', 0) }}, ' of ', {{ grouped_number('p.expected', 0) }}, ' cells'
        ) as note_en,
        n.points,
        n.last_y
    from passing as p
    cross join line as n
    union all
    select
        2 as place,
        'open' as figure_id,
        f.open as value,
        '待处置问题' as name_zh,
        'Findings open' as name_en,
        {{ grouped_number('f.open', 0) }} as figure_zh,
        {{ grouped_number('f.open', 0) }} as figure_en,
        concat('■ 高 ', f.high, ' · ▲ 中 ', f.medium, ' · ● 低 ', f.low, ' · 已更正 ', f.corrected, ' · 已认可 ', f.accepted) as note_zh,
        concat('■ high ', f.high, ' · ▲ medium ', f.medium, ' · ● low ', f.low, ' · corrected ', f.corrected, ' · accepted ', f.accepted) as note_en,
        null as points,
        null as last_y
    from found as f
    union all
    select
        3 as place,
        'feeds_d' as figure_id,
        g.d as value,
        'D 级数据源' as name_zh,
        'Feeds graded D' as name_en,
        {{ grouped_number('g.d', 0) }} as figure_zh,
        {{ grouped_number('g.d', 0) }} as figure_en,
        concat('最新一期：A 级 ', g.a, ' · B 级 ', g.b, ' · C 级 ', g.c) as note_zh,
        concat('newest period: A ', g.a, ' · B ', g.b, ' · C ', g.c) as note_en,
        null as points,
        null as last_y
    from feed_grade as g
    union all
    select
        4 as place,
        'values_a' as figure_id,
        100.0 * v.a / nullif(v.graded, 0) as value,
        '全市指标 A 级占比' as name_zh,
        'City indicators graded A' as name_en,
        case when v.graded = 0 then '—' else concat(format('{:.1f}', floor(1000.0 * v.a / v.graded) / 10), '%') end as figure_zh,
        case when v.graded = 0 then '—' else concat(format('{:.1f}', floor(1000.0 * v.a / v.graded) / 10), '%') end as figure_en,
        concat('最新值 ', v.graded, ' 项：B 级 ', v.b, ' · C 级 ', v.c, ' · D 级 ', v.d) as note_zh,
        concat('newest values of ', v.graded, ': B ', v.b, ' · C ', v.c, ' · D ', v.d) as note_en,
        null as points,
        null as last_y
    from value_grade as v
)

select
    s.snapshot_id,
    t.figure_id,
    t.place,
    cast(t.value as double) as value,
{% for lang in langs -%}
t.name_{{ lang }},
concat(
    t.name_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}', t.figure_{{ lang }}, '{{ '（' if lang == 'zh' else ' (' }}', t.note_{{ lang }}, '{{ '）' if lang == 'zh' else ')' }}'
)
    as plain_{{ lang }},
concat(
    '<div class="tile"><div class="tile-head"><span class="tile-name">', {{ html_text('t.name_' ~ lang) }}, '</span></div>',
    '<div class="tile-figure"><b>', {{ html_text('t.figure_' ~ lang) }}, '</b>',
    case when t.points is null then '' else {{ spark('t.points', "'96.0'", 't.last_y', "'" ~ ('近十二个月走势' if lang == 'zh' else 'last twelve months') ~ "'") }} end,
    '</div><div class="tile-foot"><span>', {{ html_text('t.note_' ~ lang) }}, '</span></div></div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from told as t
cross join {{ ref('snapshot') }} as s
