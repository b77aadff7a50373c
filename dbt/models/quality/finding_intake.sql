-- Rows that were kept out when a file landed: a finding for each, by what is wrong with it. Where it lies is read from the row as it came.
with cell as (
    select
        l.feed_id,
        l.file_id,
        q.{{ quoted('row') }} as row_number,
        case q.reason
            when 'duplicate' then 'duplicate_row'
            when 'conflict' then 'conflicting_row'
            when 'allowed' then 'unknown_code'
            when 'type' then 'not_a_number'
            else 'out_of_contract'
        end as rule_id,
        q.{{ quoted('column') }} as column_name,
        q.value,
        q.message_zh,
        q.message_en,
        q.raw
    from {{ source('landed', 'quarantine') }} as q
    inner join {{ source('landed', 'ledger') }} as l
        on split_part({{ path_of_file('q') }}, '/', -2) = l.file_id
    inner join {{ source('registry', 'landed_file') }} as f
        on l.file_id = f.file_id
    where q.{{ quoted('row') }} is not null
),

-- A row may break the same rule in several columns.
kept_out as (
    select
        feed_id,
        file_id,
        row_number,
        rule_id,
        min(column_name) as column_name,
        min(value) as text_value,
        min(message_zh) as message_zh,
        min(message_en) as message_en,
        max({{ json_text('raw', 'region') }}) as region,
        max({{ json_text('raw', 'period') }}) as period_id,
        max({{ json_text('raw', 'item') }}) as item
    from cell
    group by feed_id, file_id, row_number, rule_id
),

placed as (
    select
        k.*,
        p.end_date,
        coalesce(a.region_id, r.region_id) as region_id
    from kept_out as k
    left join {{ source('registry', 'period') }} as p
        on k.period_id = p.period_id
    left join {{ source('registry', 'region_alias') }} as a
        on
            k.region = a.alias
            and coalesce(p.end_date, {{ told('today') }}) between a.valid_from and a.valid_to
    left join {{ source('registry', 'region') }} as r
        on k.region = r.region_id
)

select
    k.rule_id,
    k.feed_id,
    s.measure_id,
    k.region_id,
    u.unit_id,
    case when k.end_date is not null then k.period_id end as period_id,
    k.file_id,
    k.row_number,
    cast(null as double) as value,
    cast(null as double) as expected,
    1 as cells,
    concat('第 ', k.row_number, ' 行，', k.column_name, '「', coalesce(k.text_value, ''), '」：', k.message_zh) as detail_zh,
    concat('Row ', k.row_number, ', ', k.column_name, ' "', coalesce(k.text_value, ''), '": ', k.message_en) as detail_en
from placed as k
left join {{ source('registry', 'measure_source') }} as s
    on k.feed_id = s.feed_id and k.item = s.source_code
left join {{ ref('region_unit_span') }} as u
    on
        k.region_id = u.region_id
        and coalesce(k.end_date, {{ told('today') }}) between u.valid_from and u.valid_to
