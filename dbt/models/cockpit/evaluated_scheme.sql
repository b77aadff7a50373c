-- One row per scheme and version: a name that no other scheme shares; those that share one say how often they are run.
with named as (
    select
        *,
        min(scheme_id) over (partition by name_zh) <> max(scheme_id) over (partition by name_zh) as shared_zh,
        min(scheme_id) over (partition by name_en) <> max(scheme_id) over (partition by name_en) as shared_en
    from {{ ref('scheme') }}
),

tier as (
    select
        scheme_id,
        version,
        count(*) as tiers
    from {{ ref('scheme_tier') }}
    group by scheme_id, version
)

select
    n.snapshot_id,
    n.scheme_id,
    n.version,
    concat(n.name_zh, case when n.shared_zh then concat('（', {{ frequency_text('n.frequency', 'zh') }}, '）') else '' end) as scheme_zh,
    concat(n.name_en, case when n.shared_en then concat(' (', {{ frequency_text('n.frequency', 'en') }}, ')') else '' end) as scheme_en,
    n.min_coverage,
    n.draws,
    n.root_id,
    n.unit_grain,
    cast(coalesce(t.tiers, 0) as integer) as tiers
from named as n
left join tier as t
    on n.scheme_id = t.scheme_id and n.version = t.version
