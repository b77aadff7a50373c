-- One row per scheme, period, unit and indicator, of those that lift the unit most above its peer area, or pull it most below. A unit without
-- such indicators has one row that says why. Of a town fewer are kept: there are a thousand of them.
{% set langs = ['zh', 'en'] %}
with leaf as (
    select
        p.*,
        k.unit_grain,
        row_number() over (partition by p.scheme_id, p.period_id, p.region_id order by p.gap desc, p.node_id asc) as from_top,
        row_number() over (partition by p.scheme_id, p.period_id, p.region_id order by p.gap asc, p.node_id asc) as from_bottom,
        max(abs(p.gap)) over (partition by p.scheme_id, p.period_id, p.region_id) as widest
    from {{ ref('contribution') }} as p
    inner join {{ ref('evaluated_scheme') }} as k
        on p.scheme_id = k.scheme_id and p.scheme_version = k.version
    -- What rounds to nothing is no difference.
    where p.node_kind = 'indicator' and abs(p.gap) >= 0.005
),

kept as (
    select *
    from leaf
    where
        (gap > 0 and from_top <= case when unit_grain = 'town' then 5 else 10 end)
        or (gap < 0 and from_bottom <= case when unit_grain = 'town' then 5 else 10 end)
),

defined as (
    select
        indicator_id,
        max_by(unit_zh, version) as unit_zh,
        max_by(unit_en, version) as unit_en,
        max_by(decimals, version) as decimals
    from {{ ref('catalogue') }}
    where status = 'active'
    group by indicator_id
),

found as (
    select distinct
        scheme_id,
        period_id,
        region_id
    from kept
)

select
    k.snapshot_id,
    k.scheme_id,
    k.period_id,
    k.region_id,
    p.node_id,
    -- What lifts from the largest down, then what pulls down from the largest on.
    cast(case when p.gap > 0 then p.from_top else 1000 + p.from_bottom end as integer) as place,
    p.score,
    case when p.score is not null and p.weight_in_force >= 5e-7 then 100 * p.weight_in_force end as weight_pct,
    case when p.score is not null and p.weight_in_force >= 5e-7 then p.part end as part,
    p.area_part,
    p.gap,
{% for lang in langs -%}
k.scheme_{{ lang }},
k.period_{{ lang }},
k.unit_{{ lang }},
n.name_{{ lang }} as indicator_{{ lang }},
case
    when p.score is null then '{{ '没有数值，未计分' if lang == 'zh' else 'no figure: not scored' }}'
    when p.value is null then '—'
    when p.weight_in_force < 5e-7 then '{{ '所属部分数据不足，未计入' if lang == 'zh' else 'its part has too little data: not counted' }}'
    else concat({{ figure('p.value', 'coalesce(d.decimals, 2)', 'd.unit_zh', lang) }}, ' ', {{ figure_unit('p.value', 'd.unit_zh', 'd.unit_en', lang) }})
end as value_{{ lang }},
coalesce({{ period_label('p.value_period_id', lang) }}, '—') as value_period_{{ lang }},
concat(
    '<span class="gapbar ', case when p.gap < 0 then 'minus' else 'plus' end, '"><span class="side">',
    case when p.gap < 0 then '{{ '▼ 失分' if lang == 'zh' else '▼ loses' }}' else '{{ '▲ 拉分' if lang == 'zh' else '▲ gains' }}' end,
    '</span><span class="gapbar-track"><span class="bar ', {{ share_class('w', 'abs(p.gap) / p.widest') }}, '"></span></span></span>'
) as gap_html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from kept as p
inner join {{ ref('league') }} as k
    on p.scheme_id = k.scheme_id and p.period_id = k.period_id and p.region_id = k.region_id
inner join {{ ref('scheme_node') }} as n
    on p.scheme_id = n.scheme_id and p.scheme_version = n.version and p.node_id = n.node_id
left join defined as d
    on p.node_id = d.indicator_id
union all
select
    k.snapshot_id,
    k.scheme_id,
    k.period_id,
    k.region_id,
    'none' as node_id,
    0 as place,
    cast(null as double) as score,
    cast(null as double) as weight_pct,
    cast(null as double) as part,
    cast(null as double) as area_part,
    cast(null as double) as gap,
{% for lang in langs -%}
k.scheme_{{ lang }},
k.period_{{ lang }},
k.unit_{{ lang }},
case
    when k.score is null then concat('{{ '没有得分，无从比较：' if lang == 'zh' else 'No score to compare: ' }}', coalesce(k.why_{{ lang }}, ''))
    when k.peer_area_id is null then '{{ '未划入片区，没有可比的均值' if lang == 'zh' else 'In no peer area: there is no mean to compare with' }}'
    when coalesce(k.n_ranked, 0) = 0 then '{{ '片区内没有参评单位，没有可比的均值' if lang == 'zh' else 'No unit of the peer area is ranked: there is no mean to compare with' }}'
    else '{{ '各项指标与片区均值没有差距' if lang == 'zh' else 'No indicator differs from the mean of the peer area' }}'
end as indicator_{{ lang }},
'—' as value_{{ lang }},
'—' as value_period_{{ lang }},
'<span class="none">—</span>' as gap_html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from {{ ref('league') }} as k
left join found as f
    on k.scheme_id = f.scheme_id and k.period_id = f.period_id and k.region_id = f.region_id
where f.region_id is null
