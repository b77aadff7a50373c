-- One row per page: which snapshot it shows, as of when, from what, and the way to the other page and the other language.
{% set pages = {'city': ('/superset/dashboard/city-zh/', '/superset/dashboard/city-en/'), 'quality': ('/superset/dashboard/quality-zh/', '/superset/dashboard/quality-en/')} %}
{% set ways = [('city', 'quality', '数据质量', 'Data quality'), ('quality', 'city', '城市总览', 'City overview')] %}
with health as (
    select
        count(*) as feeds,
        coalesce(sum(quarantined), 0) as quarantined
    from {{ ref('feed_health') }}
),

sentence as (
    select
        s.snapshot_id,
        concat(
            '业务日期 ', strftime(s.today, '%Y-%m-%d'), '，数据截至当日 · ',
            case s.data_kind
                when 'published' then '公开发布数据，另有标注者除外'
                when 'simulated' then '模拟数据'
                else '公开发布数据与模拟数据并存，逐项标注'
            end,
            ' · ', h.feeds, ' 类数据源，隔离 ', h.quarantined, ' 行 · 快照 ', s.snapshot_id
        ) as plain_zh,
        concat(
            'Day ', strftime(s.today, '%Y-%m-%d'), ', figures known by its end · ',
            case s.data_kind
                when 'published' then 'published figures unless marked otherwise'
                when 'simulated' then 'simulated figures'
                else 'published and simulated figures, each marked'
            end,
            ' · ', h.feeds, ' feeds, ', h.quarantined, ' rows in quarantine · snapshot ', s.snapshot_id
        ) as plain_en
    from {{ ref('snapshot') }} as s
    cross join health as h
)

{% for page, other, other_zh, other_en in ways %}
select
    snapshot_id,
    '{{ page }}' as page,
    plain_zh,
    plain_en,
    concat(
        '<div class="banner"><span>', {{ html_text('plain_zh') }}, '</span><span class="ways"><a href="{{ pages[other][0] }}">{{ other_zh }}</a>',
        '<a href="{{ pages[page][1] }}">English</a></span></div>'
    ) as html_zh,
    concat(
        '<div class="banner"><span>', {{ html_text('plain_en') }}, '</span><span class="ways"><a href="{{ pages[other][1] }}">{{ other_en }}</a>',
        '<a href="{{ pages[page][0] }}">中文</a></span></div>'
    ) as html_en
from sentence
{{ 'union all' if not loop.last }}
{% endfor %}
