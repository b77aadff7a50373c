{# A statement is a feed whose file holds a month's transactions or a register at the month's end (tickets, calls, devices), row by row.
   What is counted from it becomes observations; a place without rows has a real zero, because the statement covers the whole city. #}

{# The rows of a statement that are in force: known by `known_until`, and of the files that speak of a month the newest with each key.
   Adds period_end, landed_at and file_id. Only the months of which several files speak, few or none, are looked through for doubles. #}
{% macro stated_rows(feed, key) -%}
with month_stated as (
    select
        r.period,
        p.end_date as period_end,
        min(r._file_id) < max(r._file_id) as contested
    from {{ landed_rows(feed) }} as r
    inner join {{ source('registry', 'period') }} as p
        on r.period = p.period_id
    where cast(r.published_on as timestamp) <= {{ told('known_until') }}
    group by r.period, p.end_date
)

{% for contested in [false, true] %}
select
    r.*,
    m.period_end,
    r._landed_at as landed_at,
    r._file_id as file_id
from {{ landed_rows(feed) }} as r
inner join month_stated as m
    on r.period = m.period and {{ 'not ' if not contested }}m.contested
where cast(r.published_on as timestamp) <= {{ told('known_until') }}
{{ 'union all' if not contested }}
{% endfor %}
qualify row_number() over (partition by r.period, {{ key }} order by r._landed_at desc, r._file_id desc) = 1
{%- endmacro %}

{# Observations out of what was counted from a statement. Starts after a `with ...,` of the model: it adds one more relation and the select.
   `parts` lists {relation, codes, grain?}: the relation has region_id, period_id and a column per source code. With a grain (or several) every region that
   reports at it has a figure in every month stated, zero where the relation has none; without one the relation's figures are taken as they are,
   its nulls left out. A quarter is stated when its three months are. #}
{% macro measured(feed, parts) -%}
{{ replaced_by('feed_period', ['feed_id', 'period_id']) -}}
stated as (
    select
        p.period_id,
        p.grain as period_grain,
        p.end_date as period_end,
        max(m.published_on) as published_on,
        max(m.landed_at) as landed_at,
        max(m.file_id) as file_id
    from (
        select
            period,
            max(published_on) as published_on,
            max(landed_at) as landed_at,
            max(file_id) as file_id
        from {{ stated(feed) }}
        group by period
    ) as m
    inner join {{ source('registry', 'period') }} as s
        on m.period = s.period_id
    inner join {{ source('registry', 'period') }} as p
        on
            p.grain in ('month', 'quarter')
            and s.start_date >= p.start_date
            and s.end_date <= p.end_date
    group by p.period_id, p.grain, p.end_date
    having count(*) = case p.grain when 'month' then 1 else 3 end
),

{% for part in parts %}
part_{{ loop.index }} as (
    select
        s.*,
        {% if not part.grain -%} f.region_id, {%- endif %}
        {% for code in part.codes %}
        cast({{ 'coalesce(f.' ~ code ~ ', 0)' if part.grain else 'f.' ~ code }} as double) as {{ code }}{{ ',' if not loop.last }}
        {% endfor %}
    {% if part.grain %}
    from (
        -- A district that is a unit of its own reports once.
        select distinct
            s.*,
            l.region_id
        from stated as s
        inner join {{ source('registry', 'region_leaf') }} as l
            on
                l.grain in ('{{ ([part.grain] if part.grain is string else part.grain) | join("', '") }}')
                and s.period_end between l.valid_from and l.valid_to
        where s.period_grain = 'month'
    ) as s
    left join {{ part.relation }} as f
        on
            s.region_id = f.region_id
            and s.period_id = f.period_id
    {% else %}
    from stated as s
    inner join {{ part.relation }} as f
        on s.period_id = f.period_id
    {% endif %}
){{ ',' if not loop.last }}

{% endfor %}

{% for part in parts %}
{% set index = loop.index %}
{% set last_part = loop.last %}
{% for code in part.codes %}
select
    '{{ feed }}' as feed_id,
    '{{ code }}' as source_code,
    region_id,
    period_id,
    period_grain,
    period_end,
    false as contested,
    {{ code }} as value,
    (
        select case when f.simulated then {{ flag_bit('simulated') }} else 0 end from {{ source('registry', 'feed') }} as f
        where f.feed_id = '{{ feed }}'
    ) as flags,
    published_on,
    landed_at,
    file_id,
    cast(null as integer) as row_number,
    cast(null as varchar) as note,
    cast(null as varchar) as source_id
from part_{{ index }}
where {{ code }} is not null and {{ in_delta('feed_period', ["'" ~ feed ~ "'", 'period_id'], ['feed_id', 'period_id']) }}
{{ 'union all' if not (last_part and loop.last) }}
{% endfor %}
{% endfor %}
{%- endmacro %}

{# part_id, region_id, level: a town with itself, its district, its unit and the city; the city with itself. Dated. Rows of a statement carry the
   town in which they lie (or the owner sits), or the city for what is its own: joined on this they are counted for every level at once. #}
{% macro regions_around() -%}
    (
        select
            c.descendant_id as part_id,
            c.ancestor_id as region_id,
            r.level,
            c.valid_from,
            c.valid_to
        from {{ source('registry', 'region_closure') }} as c
        inner join {{ source('registry', 'region') }} as r
            on c.ancestor_id = r.region_id
        -- The governing hierarchy adds the units; what stands in both would come twice, with other dates.
        where c.hierarchy = 'administrative' or (c.hierarchy = 'governing' and r.level = 'unit')
    )
{%- endmacro %}

{# period, period_id, grain, start_date, end_date: the month and the quarter to which each month's statement speaks. #}
{% macro periods_of_months() -%}
    (
        select
            period_id as period,
            period_id,
            grain,
            start_date,
            end_date
        from {{ source('registry', 'period') }}
        where grain = 'month'
        union all
        select
            m.period_id as period,
            q.period_id,
            q.grain,
            q.start_date,
            q.end_date
        from {{ source('registry', 'period') }} as m
        inner join {{ source('registry', 'period') }} as q
            on m.start_date between q.start_date and q.end_date
        where m.grain = 'month' and q.grain = 'quarter'
    )
{%- endmacro %}

{# What lies with owners, counted for every district, unit and the city: region_id, period_id and a column per source code. `counts` says what is
   counted in each place where owners sit, so that the many rows meet the regions above them only once. #}
{% macro by_owner(relation, counts, where=none) -%}
    select
        a.region_id,
        o.period as period_id,
        {% for code in counts %}
        {{ exact_sum('o.' ~ code) }} as {{ code }}{{ ',' if not loop.last }}
        {% endfor %}
    from (
        select
            region,
            period,
            period_end,
            {% for code, count in counts.items() %}
            {{ count }} as {{ code }}{{ ',' if not loop.last }}
            {% endfor %}
        from {{ relation }}
        {% if where %}
        where {{ where }}
        {% endif %}
        group by region, period, period_end
    ) as o
    inner join {{ regions_around() }} as a
        on
            o.region = a.part_id
            and o.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, o.period
{%- endmacro %}
