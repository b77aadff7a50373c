-- Calls of the month, and the layers in the register on its last day. A kind of spatial data is a name: its layers for other areas and
-- scales bear the same.
with dated as (
    select
        *,
        day = period_end as at_end,
        case update_cycle
            when 'real_time' then 1
            when 'day' then 1
            when 'month' then 31
            when 'quarter' then 92
            when 'year' then 366
        end as cycle_days
    from {{ stated('map_layer') }}
),

counted as (
    {{ by_owner('dated', {
        'layer_calls': 'sum(calls)',
        'layers': 'sum(case when at_end then 1 else 0 end)',
        'layers_current': 'sum(case when at_end and (update_cycle = \'once\' or ' ~ days_after('updated_on', 'cycle_days')
            ~ ' >= period_end) then 1 else 0 end)',
    }) }}
),

kinds as (
    select
        a.region_id,
        y.period as period_id,
        count(distinct y.name) as spatial_kinds
    from dated as y
    inner join {{ regions_around() }} as a
        on
            y.region = a.part_id
            and y.period_end between a.valid_from and a.valid_to
    where
        y.at_end
        and a.level = 'city'
    group by a.region_id, y.period
),

{{ measured('map_layer', [
    {'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['layer_calls', 'layers', 'layers_current']},
    {'relation': 'kinds', 'codes': ['spatial_kinds']},
]) }}
