-- One row per unit, period and scheme that ranks the unit: where it stood in the scheme's newest period by then.
{% set langs = ['zh', 'en'] %}
with chosen as (
    select distinct
        region_id,
        period_id,
        period_end,
        unit_zh,
        unit_en,
        period_zh,
        period_en
    from {{ ref('league') }}
),

newest as (
    select
        c.region_id,
        c.period_id,
        k.scheme_id,
        max_by(k.period_id, k.period_end) as shown_id
    from chosen as c
    inner join {{ ref('league') }} as k
        on c.region_id = k.region_id and c.period_end >= k.period_end
    group by c.region_id, c.period_id, k.scheme_id
)

select
    k.snapshot_id,
    k.scheme_id,
    k.region_id,
    n.period_id,
    n.shown_id as shown_period_id,
    cast(row_number() over (partition by n.region_id, n.period_id order by k.scheme_id) as integer) as place,
    k.rank,
    k.n_ranked,
    k.score,
    k.coverage_pct,
{% for lang in langs -%}
c.unit_{{ lang }},
c.period_{{ lang }},
k.scheme_{{ lang }},
k.period_{{ lang }} as shown_{{ lang }},
k.peer_area_{{ lang }},
concat('<a class="unit-name" href="', {{ html_text('k.link_' ~ lang) }}, '">', {{ html_text('k.scheme_' ~ lang) }}, '</a>') as scheme_html_{{ lang }},
case when k.rank is null then '—' else concat(k.rank, ' / ', k.n_ranked) end as rank_{{ lang }},
case
    when k.rank is null then concat('<span class="none">{{ '未排名：' if lang == 'zh' else 'not ranked: ' }}', {{ html_text('k.why_' ~ lang) }}, '</span>')
    else k.interval_html_{{ lang }}
end as interval_html_{{ lang }},
k.tier_html_{{ lang }},
k.movement_html_{{ lang }},
k.note_html_{{ lang }},
k.note_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from newest as n
inner join chosen as c
    on n.region_id = c.region_id and n.period_id = c.period_id
inner join {{ ref('league') }} as k
    on n.region_id = k.region_id and n.scheme_id = k.scheme_id and n.shown_id = k.period_id
