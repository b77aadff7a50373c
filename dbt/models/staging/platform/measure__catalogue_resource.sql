-- Resource classes listed at the month's end, by district, unit and city of their owner; those that left in the month are not counted.
{% set counts = {'resources': 'count(*)', 'resources_connected': "sum(case when connected = 'true' then 1 else 0 end)"} %}
with counted as (
    {{ by_owner(stated('catalogue_resource'), counts, where="status = 'listed'") }}
),

{{ measured('catalogue_resource', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': counts}]) }}
