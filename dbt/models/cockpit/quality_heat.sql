-- One row per return, a head above and a legend below: what each unit sent of the newest period that was due.
{% set langs = ['zh', 'en'] %}
{% set kinds = [
    ('full', '齐全按时', 'complete, in time'), ('late', '齐全，有迟报', 'complete, some late'), ('most', '缺不足一成', 'under a tenth absent'),
    ('some', '缺一成至两成', 'a tenth to a fifth absent'), ('few', '缺两成以上', 'a fifth or more absent'), ('none', '全部缺报', 'nothing received'),
] %}
with newest as (
    select *
    from {{ ref('unit_quality') }}
    qualify period_end = max(period_end) over (partition by feed_id)
),

found as (
    select
        feed_id,
        unit_id,
        period_id,
        count(*) as findings
    from {{ ref('finding') }}
    where mark = 'open'
    group by feed_id, unit_id, period_id
),

cell as (
    select
        n.*,
        coalesce(f.findings, 0) as findings,
        case
            when n.received = 0 then 'none'
            when 5 * (n.expected - n.received) >= n.expected then 'few'
            when 10 * (n.expected - n.received) >= n.expected then 'some'
            when n.received < n.expected then 'most'
            when n.late > 0 then 'late'
            else 'full'
        end as kind
    from newest as n
    left join found as f
        on
            n.feed_id = f.feed_id
            and n.unit_id = f.unit_id
            and n.period_id = f.period_id
    where n.expected > 0
),

-- The columns: every unit that any of the returns had, so that each row has a cell for it.
unit as (
    select
        unit_id,
        max(unit_zh) as unit_zh,
        max(unit_en) as unit_en,
        max(unit_short_zh) as short_zh,
        max(unit_short_en) as short_en
    from cell
    group by unit_id
),

feed as (
    select
        snapshot_id,
        feed_id,
        max(feed_zh) as feed_zh,
        max(feed_en) as feed_en,
        max(period_id) as period_id
    from cell
    group by snapshot_id, feed_id
),

drawn as (
    select
        f.snapshot_id,
        f.feed_id,
        f.period_id,
    {% for lang in langs -%}
    f.feed_{{ lang }},
    {{ period_label('f.period_id', lang) }} as period_{{ lang }},
    string_agg(
        case
            when c.kind is null
                then concat('<span class="cell na" title="', {{ html_text('u.unit_' ~ lang) }}, '{{ '：当期无此单元' if lang == 'zh' else ': no such unit then' }}"></span>')
            else concat(
                '<span class="cell ', c.kind, '" title="', {{ html_text('u.unit_' ~ lang) }},
                '{{ '：已报 ' if lang == 'zh' else ': ' }}', c.received, '{{ ' / 应报 ' if lang == 'zh' else ' of ' }}', c.expected,
                '{{ ' 单元，迟报 ' if lang == 'zh' else ' cells, ' }}', c.late, '{{ '，待处置问题 ' if lang == 'zh' else ' late, findings open: ' }}', c.findings, '">',
                case
                    -- Cut, so that what is not complete never reads 100.
                    when c.received < c.expected then cast(cast(floor(100.0 * c.received / c.expected) as integer) as varchar)
                    when c.findings > 0 then '•'
                    else ''
                end,
                '</span>'
                )
        end, '' order by u.unit_id
    ) as cells_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from feed as f
    cross join unit as u
    left join cell as c
        on f.feed_id = c.feed_id and u.unit_id = c.unit_id
    group by f.snapshot_id, f.feed_id, f.period_id, f.feed_zh, f.feed_en
),

summed as (
    select
        feed_id,
        sum(received) as received,
        sum(expected) as expected
    from cell
    group by feed_id
)

select
    d.snapshot_id,
    d.feed_id,
    2 as place,
    d.period_id,
{% for lang in langs -%}
d.feed_{{ lang }},
concat(
    d.feed_{{ lang }}, '{{ '，' if lang == 'zh' else ', ' }}', d.period_{{ lang }}, '{{ '：已报 ' if lang == 'zh' else ': ' }}', s.received,
    '{{ ' / 应报 ' if lang == 'zh' else ' of ' }}', s.expected, '{{ ' 单元' if lang == 'zh' else ' cells' }}'
) as plain_{{ lang }},
concat(
    '<div class="heat"><span class="heat-name">', {{ html_text('d.feed_' ~ lang) }}, '</span><span class="heat-period">', {{ html_text('d.period_' ~ lang) }}, '</span>',
    d.cells_{{ lang }}, '</div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from drawn as d
inner join summed as s
    on d.feed_id = s.feed_id
union all
select
    s.snapshot_id,
    'head' as feed_id,
    1 as place,
    cast(null as varchar) as period_id,
{% for lang in langs -%}
'{{ '考核单元' if lang == 'zh' else 'Units' }}' as feed_{{ lang }},
string_agg(u.unit_{{ lang }}, '{{ '、' if lang == 'zh' else ', ' }}' order by u.unit_id) as plain_{{ lang }},
concat(
    '<div class="heat heat-head"><span class="heat-name"></span><span class="heat-period"></span>',
    string_agg(
        concat(
            '<span class="cell-name" title="', {{ html_text('u.unit_' ~ lang) }}, '"><span>', {{ html_text('coalesce(u.short_' ~ lang ~ ', u.unit_' ~ lang ~ ')') }},
            '</span></span>'
        ), '' order by u.unit_id
    ), '</div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('snapshot') }} as s
cross join unit as u
group by s.snapshot_id
union all
select
    s.snapshot_id,
    'legend' as feed_id,
    3 as place,
    cast(null as varchar) as period_id,
{% for lang in langs -%}
'{{ '图例' if lang == 'zh' else 'Legend' }}' as feed_{{ lang }},
'{{ kinds | map(attribute=1 if lang == 'zh' else 2) | join('、' if lang == 'zh' else '; ') }}' as plain_{{ lang }},
concat(
    '<div class="heat-legend">',
    {% for kind in kinds -%}
    '<span class="key"><span class="cell {{ kind[0] }}"></span>{{ kind[1] if lang == 'zh' else kind[2] }}</span>',
    {% endfor -%}
    '<span>{{ '数字：完整率 %；•：有待处置问题' if lang == 'zh' else 'number: per cent received; •: findings open' }}</span></div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('snapshot') }} as s
