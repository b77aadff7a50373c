-- Items checked, items sound, issues opened and closed in the month, by district, unit and city of the resource's owner.
with owned as (
    select
        region,
        period,
        period_end,
        sum(checked) as quality_checked,
        sum(passed) as quality_passed,
        sum(issues_opened) as quality_issues,
        sum(issues_closed) as quality_issues_closed
    from {{ ref('stg_quality_check') }}
    group by region, period, period_end
),

counted as (
    select
        a.region_id,
        o.period as period_id,
        sum(o.quality_checked) as quality_checked,
        sum(o.quality_passed) as quality_passed,
        sum(o.quality_issues) as quality_issues,
        sum(o.quality_issues_closed) as quality_issues_closed
    from owned as o
    inner join {{ regions_around() }} as a
        on
            o.region = a.part_id
            and o.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, o.period
),

{{ measured('quality_check', [
    {
        'relation': 'counted',
        'grain': ['district', 'unit', 'city'],
        'codes': ['quality_checked', 'quality_passed', 'quality_issues', 'quality_issues_closed'],
    },
]) }}
