-- One row per indicator, peer area, district in it at the time, and period of the indicator's own frequency.
-- A period with a simulated figure says so on the axis.
{% set any_simulated = "max(case when s.flag_ids like '%simulated%' then 1 else 0 end) over (partition by s.indicator_id, s.period_id, a.peer_area_id) = 1" %}
{{ replaced_by('series', ['indicator_id', 'period_id'], served=true) }}
select
    s.indicator_id,
    s.region_id,
    s.period_id,
    s.period_end,
    s.value,
    a.peer_area_id,
    {{ indicator_label('c.name_zh', 'c.unit_zh', 'zh') }} as indicator_zh,
    {{ indicator_label('c.name_en', 'c.unit_en', 'en') }} as indicator_en,
    {% for lang in ['zh', 'en'] -%}
    concat(
        {{ period_label('s.period_id', lang) }},
        case when {{ any_simulated }} then '{{ '（模拟）' if lang == 'zh' else ' (simulated)' }}' else '' end
    ) as period_{{ lang }},
    {% endfor -%}
    a.label_zh as peer_area_zh,
    a.label_en as peer_area_en,
    r.short_zh as region_zh,
    r.short_en as region_en,
    s.snapshot_id
from {{ ref('indicator_series') }} as s
inner join {{ ref('catalogue') }} as c
    on s.indicator_id = c.indicator_id and s.version = c.version
inner join {{ ref('region') }} as r
    on
        s.region_id = r.region_id
        and r.hierarchy = 'administrative'
        and r.level = 'district'
        and s.period_end between r.valid_from and r.valid_to
inner join {{ ref('region') }} as m
    on
        s.region_id = m.region_id
        and s.period_end between m.valid_from and m.valid_to
inner join {{ ref('peer_area') }} as a
    on m.hierarchy = a.peer_scheme and m.parent_id = a.peer_area_id
where
    s.state = 'value'
    and s.boundary = 'at_time'
    and s.period_grain = {{ own_grain('c.frequency') }}
    and {{ in_delta('series', ['s.indicator_id', 's.period_id'], ['indicator_id', 'period_id']) }}
