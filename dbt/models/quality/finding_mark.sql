-- Where each finding stands: accepted where somebody has declared it so, corrected where a later file replaced every figure that it speaks of, else open.
with replaced as (
    select
        finding_id,
        min(case when replaced then 1 else 0 end) = 1 as replaced
    from {{ ref('finding_figure') }}
    group by finding_id
)

select
    f.finding_id,
    case
        when u.finding_id is not null then u.mark
        when r.replaced then 'corrected'
        else 'open'
    end as mark,
    u.marked_by,
    u.marked_on,
    u.note_zh,
    u.note_en
from {{ ref('quality_finding') }} as f
left join {{ source('registry', 'follow_up') }} as u
    on f.finding_id = u.finding_id
left join replaced as r
    on f.finding_id = r.finding_id
