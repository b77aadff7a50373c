-- One row per month and line of the chart: the governance pass rate of all returns whose period ends in the month, and of each monthly return.
with counted as (
    select
        strftime(period_end, '%YM%m') as month_id,
        'all' as line_id,
        '全部报送' as line_zh,
        'All returns' as line_en,
        sum(passed) as passed,
        sum(expected) as expected
    from {{ ref('feed_quality') }}
    where expected > 0
    group by strftime(period_end, '%YM%m')
    union all
    select
        period_id as month_id,
        feed_id as line_id,
        feed_zh as line_zh,
        feed_en as line_en,
        passed,
        expected
    from {{ ref('feed_quality') }}
    where expected > 0 and period_grain = 'month'
)

select
    s.snapshot_id,
    c.month_id,
    c.line_id,
    cast(c.passed as bigint) as passed,
    cast(c.expected as bigint) as expected,
    100.0 * c.passed / c.expected as pass_pct,
    {{ period_label('c.month_id', 'zh') }} as month_zh,
    {{ period_label('c.month_id', 'en') }} as month_en,
    c.line_zh,
    c.line_en
from counted as c
cross join {{ ref('snapshot') }} as s
