-- Components listed at the month's end, where they belong.
with counted as (
    {{ by_owner(stated('component'), {'components': 'count(*)'}, where="status = 'listed'") }}
),

{{ measured('component', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['components']}]) }}
