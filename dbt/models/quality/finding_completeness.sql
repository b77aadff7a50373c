-- Returns that are due and of which nothing has come.
select
    'missing_return' as rule_id,
    feed_id,
    cast(null as varchar) as measure_id,
    unit_id as region_id,
    unit_id,
    period_id,
    cast(null as varchar) as file_id,
    cast(null as integer) as row_number,
    cast(received as double) as value,
    cast(expected as double) as expected,
    expected as cells,
    concat('应于 ', due_on, ' 前报送 ', expected, ' 个数值，尚未收到') as detail_zh,
    concat(expected, ' figures were due by ', due_on, '; none has come') as detail_en
from {{ ref('unit_feed_period') }}
where received = 0
