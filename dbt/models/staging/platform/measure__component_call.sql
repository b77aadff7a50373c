-- Calls where they came from, and the components in use where they belong. Which are listed is for the register to say:
-- without its statement of the month nothing is known of their use, so those figures are taken as they are.
with called as (
    select
        a.region_id,
        m.period as period_id,
        sum(m.calls) as component_calls,
        sum(m.succeeded) as component_calls_ok
    from {{ ref('stg_component_call') }} as m
    inner join {{ regions_around() }} as a
        on
            m.region = a.part_id
            and m.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, m.period
),

answered as (
    select distinct
        period,
        component_id
    from {{ ref('stg_component_call') }}
    where succeeded > 0
),

used as (
    select
        a.region_id,
        m.period as period_id,
        count(w.component_id) as components_used
    from {{ ref('stg_component') }} as m
    left join answered as w
        on
            m.period = w.period
            and m.component_id = w.component_id
    inner join {{ regions_around() }} as a
        on
            m.region = a.part_id
            and m.period_end between a.valid_from and a.valid_to
    where
        m.status = 'listed'
        and a.level in ('district', 'unit', 'city')
    group by a.region_id, m.period
),

{{ measured('component_call', [
    {'relation': 'called', 'grain': ['district', 'unit', 'city'], 'codes': ['component_calls', 'component_calls_ok']},
    {'relation': 'used', 'codes': ['components_used']},
]) }}
