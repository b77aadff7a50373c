-- Returns of which figures came after the day on which they were due.
select
    'late_return' as rule_id,
    feed_id,
    cast(null as varchar) as measure_id,
    unit_id as region_id,
    unit_id,
    period_id,
    cast(null as varchar) as file_id,
    cast(null as integer) as row_number,
    cast(late as double) as value,
    cast(0 as double) as expected,
    late as cells,
    concat(expected, ' 个应报数值中 ', late, ' 个晚于报送期限 ', due_on) as detail_zh,
    concat(late, ' of ', expected, ' figures came after ', due_on) as detail_en
from {{ ref('unit_feed_period') }}
where late > 0
