-- Calls where they came from, and the components in use where they belong. Which are listed is for the register to say:
-- without its statement of the month nothing is known of their use, so those figures are taken as they are.
with called as (
    {{ by_owner(stated('component_call'), {'component_calls': 'sum(calls)', 'component_calls_ok': 'sum(succeeded)'}) }}
),

answered as (
    select distinct
        period,
        component_id
    from {{ stated('component_call') }}
    where succeeded > 0
),

listed as (
    select
        m.*,
        w.component_id is not null as answered
    from {{ stated('component_call', ref('stg_component')) }} as m
    left join answered as w
        on m.period = w.period and m.component_id = w.component_id
    where m.status = 'listed'
),

used as (
    {{ by_owner('listed', {'components_used': 'sum(case when answered then 1 else 0 end)'}) }}
),

{{ measured('component_call', [
    {'relation': 'called', 'grain': ['district', 'unit', 'city'], 'codes': ['component_calls', 'component_calls_ok']},
    {'relation': 'used', 'codes': ['components_used']},
]) }}
