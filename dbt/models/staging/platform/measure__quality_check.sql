-- Items checked, items sound, issues opened and closed in the month, by district, unit and city of the resource's owner.
{% set counts = {
    'quality_checked': 'sum(checked)',
    'quality_passed': 'sum(passed)',
    'quality_issues': 'sum(issues_opened)',
    'quality_issues_closed': 'sum(issues_closed)',
} %}
with counted as (
    {{ by_owner(stated('quality_check'), counts) }}
),

{{ measured('quality_check', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': counts}]) }}
