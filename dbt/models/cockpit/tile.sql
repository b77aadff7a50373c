-- One row per indicator of the city: its tile. Which of them a page shows is the page's choice.
{% set langs = ['zh', 'en'] %}
with latest as (
    select
        l.*,
        c.name_zh,
        c.name_en,
        c.unit_zh,
        c.unit_en,
        c.decimals,
        c.sector_id,
        c.sub_track_id,
        c.frequency
    from {{ ref('indicator_latest') }} as l
    inner join {{ ref('catalogue') }} as c
        on l.indicator_id = c.indicator_id and l.version = c.version
    inner join (
        select distinct region_id from {{ ref('region') }}
        where level = 'city'
    ) as r
        on l.region_id = r.region_id
    where c.status = 'active' and l.boundary = 'at_time'
),

recent as (
    select
        s.indicator_id,
        s.version,
        s.region_id,
        s.period_end,
        s.value
    from {{ ref('indicator_series') }} as s
    inner join latest as l
        on
            s.indicator_id = l.indicator_id
            and s.version = l.version
            and s.region_id = l.region_id
            and s.period_grain = l.period_grain
    where s.state = 'value' and s.boundary = 'at_time'
    qualify row_number() over (partition by s.indicator_id, s.version, s.region_id order by s.period_end desc) <= 12
),

point as (
    select
        *,
        96.0 * (row_number() over (partition by indicator_id order by period_end) - 1)
        / nullif(count(*) over (partition by indicator_id) - 1, 0) as x,
        case
            when max(value) over (partition by indicator_id) = min(value) over (partition by indicator_id) then 14.0
            else
                28.0 * (max(value) over (partition by indicator_id) - value)
                / (max(value) over (partition by indicator_id) - min(value) over (partition by indicator_id))
        end as y
    from recent
),

line as (
    select
        indicator_id,
        string_agg(format('{:.1f},{:.1f}', x, y), ' ' order by period_end) as points,
        format('{:.1f}', max_by(y, period_end)) as last_y
    from point
    where x is not null
    group by indicator_id
),

flag as (
    {{ flag_chips('latest') }}
),

texts as (
    select
        l.*,
        n.points,
        n.last_y,
    {% for lang in langs -%}
    {{ period_label('l.period_id', lang) }} as period_{{ lang }},
    {{ figure('l.value', 'l.decimals', 'l.unit_zh', lang) }} as figure_{{ lang }},
    {{ figure_unit('l.value', 'l.unit_zh', 'l.unit_en', lang) }} as figure_unit_{{ lang }},
    {{ change_text('l.change', 'l.previous', 'l.unit_zh', 'l.decimals', lang) }} as change_{{ lang }},
    concat(
        {{ figure('l.target', 'l.decimals', 'l.unit_zh', lang) }}, ' ', {{ figure_unit('l.target', 'l.unit_zh', 'l.unit_en', lang) }},
        case when l.target_illustrative then '{{ '（示意）' if lang == 'zh' else ' (illustrative)' }}' else '' end
    ) as target_{{ lang }},
    {{ absence('l.state', 'l.reason', lang) }} as absence_{{ lang }},
    {{ period_label('l.newest_due_period_id', lang) }} as due_{{ lang }},
    f.html_{{ lang }} as flags_html_{{ lang }},
    f.text_{{ lang }} as flags_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from latest as l
    left join line as n
        on l.indicator_id = n.indicator_id
    left join flag as f
        on l.flags = f.flags
)

select
    t.snapshot_id,
    t.indicator_id,
    t.region_id,
    t.period_id,
    t.state,
    t.value,
    t.target,
    t.status,
    t.grade,
    cast(row_number() over (order by t.sector_id, t.sub_track_id, t.indicator_id) as integer) as place,
{% for lang in langs -%}
t.name_{{ lang }},
concat(
    t.name_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}',
    case
        when t.state = 'value' then concat(t.figure_{{ lang }}, ' ', t.figure_unit_{{ lang }})
        else t.absence_{{ lang }}
    end,
    '{{ '（' if lang == 'zh' else ' (' }}', t.period_{{ lang }}, '{{ '）' if lang == 'zh' else ')' }}'
) as plain_{{ lang }},
concat(
    '<div class="tile ', {{ html_text('t.status') }}, '">',
    '<div class="tile-head"><span class="tile-name">', {{ html_text('t.name_' ~ lang) }}, '</span>',
    case when t.state = 'value' then {{ status_chip('t.status', lang) }} else '' end, '</div>',
    '<div class="tile-figure">',
    case
        when t.state = 'value' then concat('<b>', {{ html_text('t.figure_' ~ lang) }}, '</b><span class="unit">', {{ html_text('t.figure_unit_' ~ lang) }}, '</span>')
        else concat('<b class="absent">', {{ html_text('t.absence_' ~ lang) }}, '</b>')
    end,
    case when t.points is null then '' else {{ spark('t.points', "'96.0'", 't.last_y', "'" ~ ('近期走势' if lang == 'zh' else 'recent values') ~ "'") }} end,
    '</div><div class="tile-foot">',
    case
        when t.change_{{ lang }} is null then ''
        else concat(
            '<span class="change ', {{ html_text('t.change_sense') }}, '">', {{ html_text('t.change_' ~ lang) }}, '</span>',
            '<span>{{ '较上期' if lang == 'zh' else 'on previous' }}</span>'
            )
    end,
    case when t.target is null then '' else concat('<span class="target">{{ '目标' if lang == 'zh' else 'target' }} ', {{ html_text('t.target_' ~ lang) }}, '</span>') end,
    '</div><div class="tile-foot"><span class="as-of">', {{ html_text('t.period_' ~ lang) }}, '</span>', {{ grade_badge('t.grade', lang) }},
    case
        when t.periods_overdue > 0
            then
                concat(
                    '<span class="overdue">{{ '最新应报 ' if lang == 'zh' else 'due by now: ' }}', {{ html_text('t.due_' ~ lang) }}, '</span>'
                )
        else ''
    end,
    t.flags_html_{{ lang }}, '</div></div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from texts as t
