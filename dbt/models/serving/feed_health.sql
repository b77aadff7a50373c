with newest as (
    select
        o.feed_id,
        {{ value_at_latest('o.period_id', 'concat(p.end_date, p.start_date)') }} as newest_period_id
    from {{ ref('observation') }} as o
    inner join {{ source('registry', 'period') }} as p
        on o.period_id = p.period_id
    group by o.feed_id
),

landed as (
    select
        feed_id,
        count(*) as files,
        sum(landed) as landed,
        sum(accepted) as accepted,
        sum(quarantined) as quarantined,
        max(landed_at) as last_landed_at
    from {{ source('landed', 'ledger') }}
    where file_id in (select f.file_id from {{ source('registry', 'landed_file') }} as f)
    group by feed_id
)

select
    {{ told('snapshot_id') }} as snapshot_id,
    f.feed_id,
    f.name_zh,
    f.name_en,
    b.name_zh as owner_zh,
    b.name_en as owner_en,
    f.cadence,
    f.simulated,
    cast(coalesce(l.files, 0) as integer) as files,
    cast(coalesce(l.landed, 0) as bigint) as landed,
    cast(coalesce(l.accepted, 0) as bigint) as accepted,
    cast(coalesce(l.quarantined, 0) as bigint) as quarantined,
    cast(l.last_landed_at as timestamp) as last_landed_at,
    n.newest_period_id
from {{ source('registry', 'feed') }} as f
inner join {{ source('registry', 'body') }} as b
    on f.owner = b.body_id
left join landed as l
    on f.feed_id = l.feed_id
left join newest as n
    on f.feed_id = n.feed_id
-- Planned feeds deliver nothing yet; the catalogue lists them.
where f.status = 'connected'
