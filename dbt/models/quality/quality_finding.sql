-- Everything that was found, one row each, under an id that stays the same from build to build.
{% set models = [
    'finding_completeness', 'finding_consistency', 'finding_heaping', 'finding_hugging', 'finding_intake', 'finding_late_edit',
    'finding_period_end_spike', 'finding_plausibility', 'finding_timeliness',
] %}
with found as (
    {% for model in models %}
    select
        rule_id, feed_id, measure_id, region_id, unit_id, period_id, file_id, row_number, value, expected, cells, detail_zh, detail_en
    from {{ ref(model) }}
    {{ 'union all' if not loop.last }}
    {% endfor %}
)

select
    -- A habit is dated by the newest period that shows it, and stays the same finding when the next one does.
    concat_ws(
        '|', f.rule_id, f.feed_id, coalesce(f.measure_id, ''), coalesce(f.region_id, ''),
        case when r.dimension = 'honesty' then '' else coalesce(f.period_id, '') end, coalesce(f.file_id, ''),
        coalesce(cast(f.row_number as varchar), '')
    ) as finding_id,
    f.rule_id,
    r.dimension,
    r.severity,
    f.feed_id,
    f.measure_id,
    f.region_id,
    f.unit_id,
    f.period_id,
    f.file_id,
    f.row_number,
    f.value,
    f.expected,
    cast(f.cells as integer) as cells,
    f.detail_zh,
    f.detail_en
from found as f
inner join {{ source('registry', 'rule') }} as r
    on f.rule_id = r.rule_id
