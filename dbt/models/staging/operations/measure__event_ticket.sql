-- Event tickets counted by the town where they happened; percentiles, and what only districts answer for, by every region around it.
with ticket as (
    select * from {{ ref('event_ticket_judged') }}
),

general as (
    select
        region_id,
        period_id,
        count(*) filter (where received) as ev_received,
        count(*) filter (where received and source = 'grid') as ev_grid,

        count(*) filter (where judged and verdict is not null) as ev_judged,
        count(*) filter (where judged and verdict = 'false') as ev_false,
        count(*) filter (where judged and verdict = 'duplicate') as ev_duplicate,
        count(*) filter (where judged and is_true) as ev_true,
        count(*) filter (where judged and is_true and source in ('sensing', 'video', 'grid', 'patrol')) as ev_self,
        count(*) filter (where judged and is_true and source in ('sensing', 'video')) as ev_sensed,

        count(*) filter (where due and is_true) as ev_due,
        count(*) filter (where due and is_true and not is_open) as ev_due_closed,
        count(*) filter (where due and is_true and not in_time) as ev_due_late,
        count(*) filter (where due and is_true and is_joint) as ev_joint_due,
        count(*) filter (where due and is_true and is_joint and all_joined_in_time) as ev_joint_met,
        count(*) filter (where is_open and is_past_due) as ev_late_open,

        count(*) filter (where closed) as ev_closed,
        count(*) filter (where closed and by_town) as ev_closed_town,
        count(*) filter (where closed and is_reworked) as ev_reworked,
        count(*) filter (where closed and is_invited) as ev_invited,
        count(*) filter (where closed and is_invited and satisfaction is not null) as ev_rated,
        count(*) filter (where closed and is_invited and satisfaction >= 4) as ev_satisfied,

        count(*) filter (where received and city_report_due) as reports_due,
        count(*) filter (where received and city_report_due and city_reported_in_time) as reports_in_time
    from ticket
    group by region_id, period_id
),

special as (
    select
        region_id,
        period_id,
        count(*) filter (where theme = 'uncivil' and judged and is_true) as uncivil_events,

        count(*) filter (where theme = 'look' and due and not is_refused) as look_cases_due,
        count(*) filter (where theme = 'look' and due and not is_refused and in_time) as look_cases_closed,
        count(*) filter (where theme = 'road' and due and not is_refused) as road_tickets_due,
        count(*) filter (where theme = 'road' and due and not is_refused and in_time) as road_tickets_closed,
        count(*) filter (where theme = 'river' and due and not is_refused) as river_problems_due,
        count(*) filter (where theme = 'river' and due and not is_refused and in_time) as river_problems_closed,
        count(*) filter (where theme = 'truck' and judged and is_true) as truck_breaches,
        count(*) filter (where theme = 'truck' and due and is_true) as truck_breaches_due,
        count(*) filter (where theme = 'truck' and due and is_true and in_time) as truck_breaches_handled,

        count(*) filter (where theme = 'manhole_cover' and received and is_true) as manhole_tickets,
        count(*) filter (where theme = 'manhole_cover' and received and is_true and minutes_to_resolved <= 120) as manhole_tickets_fast,

        count(*) filter (where theme = 'forest_fire_alarm' and received and verdict is not null) as forest_alarms_checked,
        count(*) filter (where theme = 'forest_fire_alarm' and received and verdict = 'false') as forest_alarms_false,
        sum(minutes_to_verdict) filter (where theme = 'forest_fire_alarm' and received and verdict is not null) as forest_check_time,

        -- Spots of one place and day are one: the others are judged duplicates.
        count(*) filter (where theme = 'burning' and judged and is_true and source in ('sensing', 'video', 'patrol')) as burn_spots,
        sum(minutes_to_resolved) filter (
            where theme = 'burning' and judged and is_true and source in ('sensing', 'video', 'patrol')
        ) as burn_time,

        count(*) filter (where theme = 'waterlogging_deep' and ended and is_true) as waterlogs,
        sum(minutes_lasted) filter (where theme = 'waterlogging_deep' and ended and is_true) as waterlog_time,
        count(*) filter (where theme = 'crowd_over_capacity' and ended and is_true) as crowd_overs,
        sum(minutes_lasted) filter (where theme = 'crowd_over_capacity' and ended and is_true) as crowd_over_time
    from ticket
    group by region_id, period_id
),

-- A ticket once with every region that it counts for.
around as (
    select
        r.region_id,
        r.level,
        t.period_id,
        t.period_end,
        t.ticket_id,
        t.reported_on,
        t.theme,
        t.received,
        t.judged,
        t.due,
        t.is_true,
        t.is_refused,
        t.is_joint,
        t.city_report_due,
        t.minutes_so_far,
        t.paused_minutes,
        t.minutes_to_resolved,
        t.minutes_to_city,
        (t.minutes_so_far - t.paused_minutes) / 60 as span,
        case when t.is_open then 0 else 1 end as ended
    from ticket as t
    inner join {{ regions_around() }} as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
),

special_of_districts as (
    select
        region_id,
        period_id,
        count(*) filter (where theme = 'pavement' and received and is_true) as pavement_tickets,
        count(*) filter (where theme = 'pipe_strike' and judged and is_true) as pipe_strikes,
        count(*) filter (where theme = 'road_collapse' and judged and is_true) as road_collapses
    from around
    where
        level <> 'town'
        and theme in ('pavement', 'pipe_strike', 'road_collapse')
    group by region_id, period_id
),

received_true as (
    select * from around
    where received and is_true
),

due_joint as (
    select * from around
    where due and is_true and is_joint and level <> 'town'
),

hours as (
    {{ survival_percentiles('received_true', ['region_id', 'period_id'], {'ev_hours_median': 0.5, 'ev_hours_p90': 0.9}) }}
),

joint_hours as (
    {{ survival_percentiles('due_joint', ['region_id', 'period_id'], {'ev_joint_hours_p90': 0.9}) }}
),

report_minutes as (
    select
        region_id,
        period_id,
        percentile_cont(0.9) within group (order by minutes_to_city) as report_p90
    from around
    where received and city_report_due and level <> 'town'
    group by region_id, period_id
),

-- A ticket of the quarter as it stood when last stated.
quarter_ticket as (
    select
        a.region_id,
        a.level,
        a.theme,
        a.minutes_so_far,
        a.minutes_to_resolved,
        a.is_true,
        a.is_refused,
        q.period_id
    from around as a
    inner join {{ source('registry', 'period') }} as q
        on
            q.grain = 'quarter'
            and a.period_end between q.start_date and q.end_date
            and a.reported_on between q.start_date and q.end_date
    where a.theme in ('uncivil', 'street_lamp')
    qualify row_number() over (partition by q.period_id, a.region_id, a.ticket_id order by a.period_end desc) = 1
),

uncivil_hours as (
    select
        region_id,
        period_id,
        percentile_cont(0.9) within group (order by minutes_so_far / 60) as uncivil_hours_p90
    from quarter_ticket
    where theme = 'uncivil' and is_true
    group by region_id, period_id
),

lamp_hours as (
    select
        region_id,
        period_id,
        percentile_cont(0.5) within group (order by minutes_to_resolved / 60) as lamp_repair_median
    from quarter_ticket
    where theme = 'street_lamp' and not is_refused and level <> 'town'
    group by region_id, period_id
),

{{ measured('event_ticket', [
    {'relation': 'general', 'grain': 'town', 'codes': [
        'ev_received', 'ev_grid', 'ev_judged', 'ev_false', 'ev_duplicate', 'ev_true', 'ev_self', 'ev_sensed',
        'ev_due', 'ev_due_closed', 'ev_due_late', 'ev_joint_due', 'ev_joint_met', 'ev_late_open',
        'ev_closed', 'ev_closed_town', 'ev_reworked', 'ev_invited', 'ev_rated', 'ev_satisfied', 'reports_due', 'reports_in_time',
    ]},
    {'relation': 'special', 'grain': 'town', 'codes': [
        'uncivil_events', 'look_cases_due', 'look_cases_closed', 'road_tickets_due', 'road_tickets_closed',
        'river_problems_due', 'river_problems_closed', 'truck_breaches', 'truck_breaches_due', 'truck_breaches_handled',
        'manhole_tickets', 'manhole_tickets_fast', 'forest_alarms_checked', 'forest_alarms_false', 'forest_check_time',
        'burn_spots', 'burn_time', 'waterlogs', 'waterlog_time', 'crowd_overs', 'crowd_over_time',
    ]},
    {'relation': 'special_of_districts', 'grain': ['district', 'unit', 'city'], 'codes': ['pavement_tickets', 'pipe_strikes', 'road_collapses']},
    {'relation': 'hours', 'codes': ['ev_hours_median', 'ev_hours_p90']},
    {'relation': 'joint_hours', 'codes': ['ev_joint_hours_p90']},
    {'relation': 'report_minutes', 'codes': ['report_p90']},
    {'relation': 'uncivil_hours', 'codes': ['uncivil_hours_p90']},
    {'relation': 'lamp_hours', 'codes': ['lamp_repair_median']},
]) }}
