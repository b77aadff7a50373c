-- Models online at the month's end, where they are run.
with counted as (
    {{ by_owner(stated('ai_model'), {'models': 'count(*)'}, where="status = 'online'") }}
),

{{ measured('ai_model', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['models']}]) }}
