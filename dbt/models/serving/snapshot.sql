select
    {{ told('snapshot_id') }} as snapshot_id,
    {{ told('registry_version') }} as registry_version,
    {{ told('known_until') }} as known_until,
    {{ told('today') }} as today,
    {{ told('built_at') }} as built_at,
    cast(
        case
            when min(case when simulated then 1 else 0 end) = 1 then 'simulated'
            when max(case when simulated then 1 else 0 end) = 0 then 'published'
            else 'mixed'
        end as varchar
    ) as data_kind
from {{ source('registry', 'feed') }}
-- What is shown comes from the feeds that have delivered, whatever the register promises.
where feed_id in (
    select l.feed_id
    from {{ source('landed', 'ledger') }} as l
    inner join {{ source('registry', 'landed_file') }} as f
        on l.file_id = f.file_id
)
