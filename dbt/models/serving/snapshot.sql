select
    cast('{{ var("snapshot_id") }}' as varchar) as snapshot_id,
    cast('{{ var("registry_version", "") }}' as varchar) as registry_version,
    cast('{{ var("known_until") }}' as timestamp) as known_until,
    cast('{{ var("today") }}' as date) as today,
    cast('{{ var("built_at", var("known_until")) }}' as timestamp) as built_at,
    cast(
        case
            when min(case when simulated then 1 else 0 end) = 1 then 'simulated'
            when max(case when simulated then 1 else 0 end) = 0 then 'published'
            else 'mixed'
        end as varchar
    ) as data_kind
from {{ source('registry', 'feed') }}
