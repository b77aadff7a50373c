-- Event tickets counted by the town where they happened; percentiles, and what only districts answer for, by every region around it.
with ticket as (
    select * from {{ stated('event_ticket', ref('event_ticket_judged'), period='period_id') }}
),

around as (
    select * from {{ regions_around() }}
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
        count(*) filter (where theme = 'truck' and due and is_true and in_time) as truck_breaches_handled
    from ticket
    where theme in ('uncivil', 'look', 'road', 'river', 'truck')
    group by region_id, period_id
),

-- Themes of which minutes count.
timed as (
    select
        region_id,
        period_id,
        count(*) filter (where theme = 'manhole_cover' and received and is_true) as manhole_tickets,
        count(*) filter (where theme = 'manhole_cover' and received and is_true and minutes_to_resolved <= 120) as manhole_tickets_fast,

        count(*) filter (where theme = 'forest_fire_alarm' and received and verdict is not null) as forest_alarms_checked,
        count(*) filter (where theme = 'forest_fire_alarm' and received and verdict = 'false') as forest_alarms_false,
        {{ exact_sum("case when theme = 'forest_fire_alarm' and received and verdict is not null then minutes_to_verdict end") }} as forest_check_time,

        count(*) filter (where is_burn_spot) as burn_spots,
        {{ exact_sum('case when is_burn_spot then minutes_to_resolved end') }} as burn_time,

        count(*) filter (where theme = 'waterlogging_deep' and ended and is_true) as waterlogs,
        {{ exact_sum("case when theme = 'waterlogging_deep' and ended and is_true then minutes_lasted end") }} as waterlog_time,
        count(*) filter (where theme = 'crowd_over_capacity' and ended and is_true) as crowd_overs,
        {{ exact_sum("case when theme = 'crowd_over_capacity' and ended and is_true then minutes_lasted end") }} as crowd_over_time
    from (
        select
            *,
            -- Spots of one place and day are one: the others are judged duplicates.
            theme = 'burning' and judged and is_true and source in ('sensing', 'video', 'patrol') as is_burn_spot
        from {{ stated('event_ticket', ref('event_ticket_judged'), period='period_id') }}
        where theme in ('manhole_cover', 'forest_fire_alarm', 'burning', 'waterlogging_deep', 'crowd_over_capacity')
    ) as t
    group by region_id, period_id
),

special_of_districts as (
    select
        r.region_id,
        t.period_id,
        count(*) filter (where t.theme = 'pavement' and t.received and t.is_true) as pavement_tickets,
        count(*) filter (where t.theme = 'pipe_strike' and t.judged and t.is_true) as pipe_strikes,
        count(*) filter (where t.theme = 'road_collapse' and t.judged and t.is_true) as road_collapses
    from ticket as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where
        t.theme in ('pavement', 'pipe_strike', 'road_collapse')
        and r.level <> 'town'
    group by r.region_id, t.period_id
),

received_true as (
    select
        r.region_id,
        t.period_id,
        (t.minutes_so_far - t.paused_minutes) / 60 as span,
        case when t.is_open then 0 else 1 end as ended
    from ticket as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where t.received and t.is_true
),

hours as (
    {{ survival_percentiles('received_true', ['region_id', 'period_id'], {'ev_hours_median': 0.5, 'ev_hours_p90': 0.9}) }}
),

due_joint as (
    select
        r.region_id,
        t.period_id,
        (t.minutes_so_far - t.paused_minutes) / 60 as span,
        case when t.is_open then 0 else 1 end as ended
    from ticket as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where t.due and t.is_true and t.is_joint and r.level <> 'town'
),

joint_hours as (
    {{ survival_percentiles('due_joint', ['region_id', 'period_id'], {'ev_joint_hours_p90': 0.9}) }}
),

report_minutes as (
    select
        r.region_id,
        t.period_id,
        percentile_cont(0.9) within group (order by t.minutes_to_city) as report_p90
    from {{ stated('event_ticket', ref('event_ticket_judged'), period='period_id') }} as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where t.received and t.city_report_due and r.level <> 'town'
    group by r.region_id, t.period_id
),

-- A ticket of the quarter as it stood when last stated, where its town belongs at the quarter's end.
quarter_ticket as (
    select
        t.region_id,
        q.end_date as period_end,
        t.theme,
        t.minutes_so_far,
        t.minutes_to_resolved,
        t.is_true,
        t.is_refused,
        t.is_open,
        q.period_id
    from {{ stated('event_ticket', ref('event_ticket_judged'), period='period_id') }} as t
    inner join {{ periods_of_months() }} as q
        on t.period_id = q.period
    where
        q.grain = 'quarter'
        and t.reported_on >= q.start_date
        and t.theme in ('uncivil', 'street_lamp')
    qualify row_number() over (partition by q.period_id, t.ticket_id order by t.period_end desc) = 1
),

quarter_uncivil as (
    select
        r.region_id,
        t.period_id,
        t.minutes_so_far / 60 as span,
        case when t.is_open then 0 else 1 end as ended
    from quarter_ticket as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where t.theme = 'uncivil' and t.is_true
),

uncivil_hours as (
    {{ survival_percentiles('quarter_uncivil', ['region_id', 'period_id'], {'uncivil_hours_p90': 0.9}) }}
),

lamp_hours as (
    select
        r.region_id,
        t.period_id,
        percentile_cont(0.5) within group (order by t.minutes_to_resolved / 60) as lamp_repair_median
    from quarter_ticket as t
    inner join around as r
        on
            t.region_id = r.part_id
            and t.period_end between r.valid_from and r.valid_to
    where t.theme = 'street_lamp' and not t.is_refused and r.level <> 'town'
    group by r.region_id, t.period_id
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
    ]},
    {'relation': 'timed', 'grain': 'town', 'codes': [
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
