-- A habit: the unit raises its figures in the five days before day 25 after a quarter's end, when evaluations look.
with version as (
    select
        feed_id,
        source_code,
        region_id,
        period_id,
        period_end,
        known_at,
        value,
        lag(value) over (
            partition by feed_id, source_code, region_id, period_id
            order by landed_at, file_id
        ) as value_before
    from {{ ref('observation_version') }}
    where period_grain = 'quarter'
),

edit as (
    select
        s.measure_id,
        u.unit_id as region_id,
        count(distinct v.period_id) as hits,
        max(v.period_end) as newest_end
    from version as v
    inner join {{ ref('source_of_measure') }} as s
        on v.feed_id = s.feed_id and v.source_code = s.source_code
    inner join {{ ref('region_unit_span') }} as u
        on v.region_id = u.region_id and v.period_end between u.valid_from and u.valid_to
    where
        v.value > v.value_before
        and {{ days_between('v.period_end', 'cast(v.known_at as date)') }} between 20 and 25
    group by s.measure_id, u.unit_id
),

edited as (
    select
        e.measure_id,
        e.region_id,
        e.hits,
        e.newest_end,
        count(distinct f.period_id) as periods
    from edit as e
    inner join {{ ref('unit_figure') }} as f
        on e.measure_id = f.measure_id and e.region_id = f.region_id
    group by e.measure_id, e.region_id, e.hits, e.newest_end
),

found as (
    select
        measure_id,
        region_id,
        hits / periods as value,
        cast(0 as double) as expected,
        hits as cells,
        newest_end,
        concat(periods, ' 个季度中有 ', hits, ' 个在考核前调高') as detail_zh,
        concat(hits, ' of ', periods, ' quarters were raised just before an evaluation') as detail_en
    from edited
    where hits / periods >= {{ of_rule('late_edit', 'threshold') }} and hits >= {{ of_rule('late_edit', 'least') }}
)

{{ habit_findings('late_edit') }}
