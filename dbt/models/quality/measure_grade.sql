-- measure x region x period, at every level, where the figure in force is not of grade A. A figure that is not in force has no grade.
with graded as (
    select
        *,
        greatest(
            {{ grade_of_parts('present', 'parts_b', 'parts_c', 'parts_d') }},
            case when present < expected then 2 else 0 end
        ) as level
    from {{ ref('grade_part') }}
    where in_force
)

select
    measure_id,
    region_id,
    period_id,
    {{ grade_letter('level') }} as grade,
    level,
    present as parts,
    parts_b,
    parts_c,
    parts_d
from graded
where level > 0
