-- One row per scheme, unit, period and line: the unit's score, the mean of its peer area and the area's best.
{% set langs = ['zh', 'en'] %}
with area as (
    select
        scheme_id,
        period_id,
        peer_area_id,
        {{ exact_sum('score') }} / count(*) as mean,
        max(score) as best
    from {{ ref('league') }}
    where rank is not null
    group by scheme_id, period_id, peer_area_id
),

line as (
    select
        k.*,
        1 as place,
        'unit' as line_id,
        k.unit_zh as line_zh,
        k.unit_en as line_en,
        k.score as value
    from {{ ref('league') }} as k
    where k.score is not null
    {% for column, place, zh, en in [('mean', 2, '片区均分', 'Mean of the peer area'), ('best', 3, '片区最高分', 'Best of the peer area')] -%}
    union all
    select
        k.*,
        {{ place }} as place,
        '{{ column }}' as line_id,
        '{{ zh }}' as line_zh,
        '{{ en }}' as line_en,
        a.{{ column }} as value
    from {{ ref('league') }} as k
    inner join area as a
        on k.scheme_id = a.scheme_id and k.period_id = a.period_id and k.peer_area_id = a.peer_area_id
    {% endfor %}
)

select
    snapshot_id,
    scheme_id,
    period_id,
    region_id,
    line_id,
    value,
{% for lang in langs -%}
scheme_{{ lang }},
period_{{ lang }},
unit_{{ lang }},
line_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from line
