{# Grades: 0 = A sound, 1 = B, 2 = C, 3 = D. Whole numbers while they are worked out, letters in what is handed on. #}
{% macro grade_letter(level) -%}
    case {{ level }} when 0 then 'A' when 1 then 'B' when 2 then 'C' when 3 then 'D' end
{%- endmacro %}

{# What the grades of its parts make of a whole, docs/method.md, 3.2: undiminished from a fifth of the parts on, one step milder from one per cent,
   two steps milder below. The parts of grade B or worse, of C or worse, of D are counted; in whole numbers, so that a fifth is a fifth. #}
{% macro grade_of_parts(parts, parts_b, parts_c, parts_d) -%}
    greatest(
        case
            when 5 * {{ parts_d }} >= {{ parts }} and {{ parts_d }} > 0 then 3
            when 100 * {{ parts_d }} >= {{ parts }} and {{ parts_d }} > 0 then 2
            when {{ parts_d }} > 0 then 1
            else 0
        end,
        case
            when 5 * {{ parts_c }} >= {{ parts }} and {{ parts_c }} > 0 then 2
            when 100 * {{ parts_c }} >= {{ parts }} and {{ parts_c }} > 0 then 1
            else 0
        end,
        case when 5 * {{ parts_b }} >= {{ parts }} and {{ parts_b }} > 0 then 1 else 0 end
    )
{%- endmacro %}

{# The figures of a table of the core with the parts counted for them (`counted`), where there are any or the figure is incomplete. #}
{% macro with_parts(figures, counted) -%}
    select
        v.measure_id,
        v.region_id,
        v.period_id,
        v.present,
        v.expected,
        v.in_force,
        cast(case when v.origin = 'reported' then case when g.level >= 1 then v.present else 0 end else coalesce(c.parts_b, 0) end as integer) as parts_b,
        cast(case when v.origin = 'reported' then case when g.level >= 2 then v.present else 0 end else coalesce(c.parts_c, 0) end as integer) as parts_c,
        cast(case when v.origin = 'reported' then case when g.level >= 3 then v.present else 0 end else coalesce(c.parts_d, 0) end as integer) as parts_d
    from {{ figures }} as v
    left join {{ counted }} as c
        on
            v.measure_id = c.measure_id
            and v.region_id = c.region_id
            and v.period_id = c.period_id
    left join {{ ref('submitted_grade') }} as g
        on
            v.origin = 'reported'
            and v.measure_id = g.measure_id
            and v.region_id = g.region_id
            and v.period_id = g.period_id
    where
        (v.in_force and v.present < v.expected)
        or (v.origin = 'reported' and g.level is not null)
        or (v.origin <> 'reported' and c.parts_b > 0)
{%- endmacro %}

{# Before a delta build makes the series: what got another grade is made again too. #}
{% macro gather_regraded() -%}
    {% if is_delta() -%}
    insert into delta.series
    select distinct indicator_id, version, period_id
    from (
        (select * from {{ ref('indicator_grade') }} except select * from delta.grade_before)
        union all
        (select * from delta.grade_before except select * from {{ ref('indicator_grade') }})
    ) as moved
    {%- endif %}
{%- endmacro %}
