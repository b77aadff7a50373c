-- One row per page: which snapshot it shows, as of when, from what, and the way to the other pages and the other language.
{% set pages = [
    ('city', '城市总览', 'City overview', '/superset/dashboard/city-zh/', '/superset/dashboard/city-en/'),
    ('evaluation', '评价', 'Evaluation', '/superset/dashboard/evaluation-zh/', '/superset/dashboard/evaluation-en/'),
    ('evaluation_unit', '单位评价', 'A unit', '/superset/dashboard/evaluation-unit-zh/', '/superset/dashboard/evaluation-unit-en/'),
    ('quality', '数据质量', 'Data quality', '/superset/dashboard/quality-zh/', '/superset/dashboard/quality-en/'),
] %}
{# A page about one of many is reached with its filters set, from a line of a table; the way to its other language is in its own head. #}
{% set of_one = ['evaluation_unit'] %}
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

{% for page, _, _, zh, en in pages %}
select
    snapshot_id,
    '{{ page }}' as page,
    plain_zh,
    plain_en,
    concat(
        '<div class="banner"><span>', {{ html_text('plain_zh') }}, '</span><span class="ways">',
        {% for other, title, _, address, _ in pages if other != page and other not in of_one -%}
        '<a href="{{ address }}">{{ title }}</a>',
        {% endfor -%}
        '{% if page not in of_one %}<a href="{{ en }}">English</a>{% endif %}</span></div>'
    ) as html_zh,
    concat(
        '<div class="banner"><span>', {{ html_text('plain_en') }}, '</span><span class="ways">',
        {% for other, _, title, _, address in pages if other != page and other not in of_one -%}
        '<a href="{{ address }}">{{ title }}</a>',
        {% endfor -%}
        '{% if page not in of_one %}<a href="{{ zh }}">中文</a>{% endif %}</span></div>'
    ) as html_en
from sentence
{{ 'union all' if not loop.last }}
{% endfor %}
