-- Items that a town's residents can apply for: the town's own, its district's and the city's. Hence the way down the tree: what a region offers
-- counts in every town below it, and the city's figure adds the towns up.
with offered as (
    select
        region,
        period,
        period_end,
        count(*) as items,
        count(*) filter (where online = 'true') as online,
        count(*) filter (where at_town = 'true') as at_town
    from {{ stated('service_item') }}
    where status = 'offered'
    group by region, period, period_end
),

counted as (
    select
        a.part_id as region_id,
        o.period as period_id,
        sum(o.items) as items_total,
        sum(o.online) as items_online,
        sum(o.at_town) as items_town
    from offered as o
    inner join {{ regions_around() }} as a
        on
            o.region = a.region_id
            and o.period_end between a.valid_from and a.valid_to
    group by a.part_id, o.period
),

{{ measured('service_item', [{'relation': 'counted', 'grain': 'town', 'codes': ['items_total', 'items_online', 'items_town']}]) }}
