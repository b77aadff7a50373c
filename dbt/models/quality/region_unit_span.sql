-- Who answers for a region: itself if it is a unit, the unit of a town, of a district that zones share the remainder, else the city.
with unit as (
    select
        region_id,
        valid_from,
        valid_to
    from {{ source('registry', 'region_leaf') }}
    where grain = 'unit'
),

town as (
    select
        c.descendant_id as region_id,
        c.ancestor_id as unit_id,
        c.valid_from,
        c.valid_to
    from {{ source('registry', 'region_closure') }} as c
    inner join {{ source('registry', 'region') }} as r
        on c.descendant_id = r.region_id and r.level = 'town'
    inner join (select distinct region_id from unit) as u
        on c.ancestor_id = u.region_id
    where c.hierarchy = 'governing'
)

select
    region_id,
    region_id as unit_id,
    valid_from,
    valid_to
from unit
union all
select
    region_id,
    unit_id,
    valid_from,
    valid_to
from town
union all
-- A remainder's id is that of its district with a G before it.
select
    d.region_id,
    u.region_id as unit_id,
    u.valid_from,
    u.valid_to
from {{ source('registry', 'region') }} as d
inner join unit as u
    on concat('G', d.region_id) = u.region_id
where d.level = 'district'
union all
select
    region_id,
    region_id as unit_id,
    cast('1900-01-01' as date) as valid_from,
    cast('9999-12-31' as date) as valid_to
from {{ source('registry', 'region') }}
where level = 'city'
