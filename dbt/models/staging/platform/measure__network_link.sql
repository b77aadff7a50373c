-- Minutes due and up of all links, and grids reached on the month's last day, by the town at a link's lower end. A link is due all day.
with counted as (
    select
        region as region_id,
        period as period_id,
        count(*) * 1440 as link_minutes,
        sum(up_minutes) as link_minutes_up,
        sum(case when day = period_end then grids else 0 end) as grids_linked
    from {{ stated('network_link') }}
    group by region, period
),

{{ measured('network_link', [
    {'relation': 'counted', 'grain': 'town', 'codes': ['link_minutes', 'link_minutes_up', 'grids_linked']},
]) }}
