-- One row per indicator, period and drawn district, classed by quantile within that period; and one row that is the legend.
-- A period is shown when at least one district has a value in it.
{{ replaced_by('series', ['indicator_id', 'period_id'], served=true) }}
{% set langs = ['zh', 'en'] %}
with placed as (
    select
        indicator_id,
        version,
        dense_rank() over (order by sector_id, sub_track_id, indicator_id) as indicator_place
    from {{ ref('catalogue') }}
),

drawn as (
    select
        s.snapshot_id,
        s.indicator_id,
        s.version,
        s.period_id,
        s.period_end
    from {{ ref('indicator_series') }} as s
    inner join {{ ref('catalogue') }} as c
        on s.indicator_id = c.indicator_id and s.version = c.version
    inner join {{ ref('region_shape') }} as d
        on s.region_id = d.region_id and s.period_end between d.valid_from and d.valid_to
    where
        s.state = 'value'
        and s.boundary = 'at_time'
        and c.status = 'active'
        and s.period_grain = {{ own_grain('c.frequency') }}
        and {{ in_delta('series', ['s.indicator_id', 's.period_id'], ['indicator_id', 'period_id']) }}
    group by s.snapshot_id, s.indicator_id, s.version, s.period_id, s.period_end
),

figure as (
    select
        w.snapshot_id,
        w.indicator_id,
        w.period_id,
        w.period_end,
        d.region_id,
        s.value,
        -- A district that the indicator never expects, such as one that is split among governing units, is drawn all the same.
        coalesce(s.state, 'not_applicable') as state,
        coalesce(s.flags, 0) as flags,
        s.flag_ids,
        case when s.state is null then 'no_figure' else s.reason end as reason,
        {{ indicator_label('c.name_zh', 'c.unit_zh', 'zh') }} as indicator_zh,
        {{ indicator_label('c.name_en', 'c.unit_en', 'en') }} as indicator_en,
        c.unit_zh,
        c.unit_en,
        c.decimals,
        d.short_zh,
        d.short_en,
        d.name_zh,
        d.name_en,
        o.indicator_place,
        count(s.value) over (partition by w.indicator_id, w.period_id) as present
    from drawn as w
    inner join {{ ref('catalogue') }} as c
        on w.indicator_id = c.indicator_id and w.version = c.version
    inner join placed as o
        on w.indicator_id = o.indicator_id and w.version = o.version
    inner join {{ ref('region_shape') }} as d
        on w.period_end between d.valid_from and d.valid_to
    left join {{ ref('indicator_series') }} as s
        on
            w.indicator_id = s.indicator_id
            and w.version = s.version
            and w.period_id = s.period_id
            and d.region_id = s.region_id
            and s.boundary = 'at_time'
),

flag as (
    {{ flag_chips('figure') }}
),

below as (
    select
        f.*,
        rank() over (partition by f.indicator_id, f.period_id, f.state order by f.value) - 1 as districts_below
    from figure as f
),

classed as (
    select
        b.*,
        -- By the number of districts below, so that equal values share a class.
        case when b.state = 'value' then concat('q', cast(floor(5.0 * b.districts_below / b.present) as integer) + 1) else b.state end as class
    from below as b
),

texts as (
    select
        c.*,
    {% for lang in langs -%}
    {{ period_label('c.period_id', lang) }} as period_{{ lang }},
    {{ figure('c.value', 'c.decimals', 'c.unit_zh', lang) }} as figure_{{ lang }},
    {{ figure_unit('c.value', 'c.unit_zh', 'c.unit_en', lang) }} as figure_unit_{{ lang }},
    {{ absence('c.state', 'c.reason', lang) }} as absence_{{ lang }},
    g.text_{{ lang }} as flags_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from classed as c
    left join flag as g
        on c.flags = g.flags
),

sentence as (
    select
        *,
    {% for lang in langs -%}
    concat(
        name_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}',
        case when state = 'value' then concat(figure_{{ lang }}, ' ', figure_unit_{{ lang }}) else absence_{{ lang }} end,
        '{{ '（' if lang == 'zh' else ' (' }}', period_{{ lang }},
        case when flags_{{ lang }} = '' then '' else concat('{{ '，' if lang == 'zh' else ', ' }}', flags_{{ lang }}) end,
        '{{ '）' if lang == 'zh' else ')' }}'
    ) as plain_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from texts
),

key as (
    select
        indicator_id,
        period_id,
        class,
        min(value) as low,
        {% for lang in langs -%}
        case
            when min(state) = 'value'
                then
                    concat(
                        min_by(figure_{{ lang }}, value),
                        case when min(value) < max(value) then concat(' – ', max_by(figure_{{ lang }}, value)) else '' end,
                        ' ', max_by(figure_unit_{{ lang }}, value)
                    )
            else {{ absence('min(state)', "''", lang) }}
        end as label_{{ lang }},
        {% endfor %}
        count(*) as districts
    from sentence
    group by indicator_id, period_id, class
),

legend as (
    select
        indicator_id,
        period_id,
    {% for lang in langs -%}
    string_agg(
        concat(
            '<span class="key ',
            class,
            '"><span class="swatch"></span>',
            {{ html_text('label_' ~ lang) }},
            '{{ '（' if lang == 'zh' else ' (' }}',
            districts,
            '{{ '）' if lang == 'zh' else ')' }}</span>'
        ),
        ''
        order by low nulls last, class
    ) as html_{{ lang }},
    string_agg(concat(label_{{ lang }}, ' (', districts, ')'), '; ' order by low nulls last, class) as plain_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from key
    group by indicator_id, period_id
)

select
    indicator_id,
    period_id,
    period_end,
    region_id,
    cast(indicator_place as integer) as indicator_place,
    1 as place,
    state,
    value,
    class,
    {% for lang in langs -%}
    indicator_{{ lang }},
    period_{{ lang }},
    name_{{ lang }} as region_{{ lang }},
    plain_{{ lang }},
    concat(
        '<span class="region r-', {{ html_text('region_id') }}, ' ', class, '" title="', {{ html_text('plain_' ~ lang) }}, '">',
        '<span class="shape"></span><span class="inset"></span><b>', {{ html_text('short_' ~ lang) }}, '</b></span>'
    ) as html_{{ lang }},
    {% endfor %}
    snapshot_id
from sentence
union all
select
    h.indicator_id,
    h.period_id,
    h.period_end,
    'legend' as region_id,
    cast(h.indicator_place as integer) as indicator_place,
    2 as place,
    'legend' as state,
    cast(null as double) as value,
    'legend' as class,
    {% for lang in langs -%}
    h.indicator_{{ lang }},
    h.period_{{ lang }},
    '{{ '图例' if lang == 'zh' else 'Legend' }}' as region_{{ lang }},
    l.plain_{{ lang }},
    concat(
        '<div class="legend"><span class="schematic">{{ '示意图' if lang == 'zh' else 'Schematic map' }}</span>',
        case when h.simulated then '<span class="mark">{{ '模拟' if lang == 'zh' else 'simulated' }}</span>' else '' end, l.html_{{ lang }}, '</div>'
    ) as html_{{ lang }},
    {% endfor %}
    h.snapshot_id
from (
    select
        snapshot_id, indicator_id, period_id, period_end, indicator_place, indicator_zh, indicator_en, period_zh, period_en,
        max(case when flag_ids like '%simulated%' then 1 else 0 end) = 1 as simulated
    from sentence
    group by snapshot_id, indicator_id, period_id, period_end, indicator_place, indicator_zh, indicator_en, period_zh, period_en
) as h
inner join legend as l
    on h.indicator_id = l.indicator_id and h.period_id = l.period_id
