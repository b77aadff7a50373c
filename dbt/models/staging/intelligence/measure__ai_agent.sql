-- Agents online at the month's end, where they are run.
with counted as (
    {{ by_owner(stated('ai_agent'), {'agents': 'count(*)'}, where="status = 'online'") }}
),

{{ measured('ai_agent', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': ['agents']}]) }}
