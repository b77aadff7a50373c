-- One row per feed: scores and grade of its newest period, and its open findings of all periods.
{% set langs = ['zh', 'en'] %}
{% set scores = ['pass_rate', 'completeness', 'timeliness', 'validity', 'uniqueness', 'consistency', 'plausibility', 'honesty'] %}
with newest as (
    select *
    from {{ ref('feed_quality') }}
    qualify row_number() over (partition by feed_id order by period_end desc, period_id asc) = 1
),

found as (
    select
        feed_id,
        count(*) filter (where mark = 'open') as open_findings
    from {{ ref('finding') }}
    group by feed_id
)

select
    n.snapshot_id,
    n.feed_id,
    n.period_id,
    cast(row_number() over (order by n.grade desc, n.pass_rate asc nulls last, n.feed_id asc) as integer) as place,
    n.grade,
    {% for score in scores %}
    -- Cut, not rounded: 100.0 is said only of a hundred.
    floor(1000 * n.{{ score }} + 1e-6) / 10 as {{ score }}_pct,
    {% endfor %}
    cast(coalesce(f.open_findings, 0) as bigint) as open_findings,
{% for lang in langs -%}
n.feed_{{ lang }},
n.owner_{{ lang }},
{{ period_label('n.period_id', lang) }} as period_{{ lang }},
concat(n.feed_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}', {{ grade_text('n.grade', lang) }}) as plain_{{ lang }},
{{ grade_badge('n.grade', lang) }} as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from newest as n
left join found as f
    on n.feed_id = f.feed_id
