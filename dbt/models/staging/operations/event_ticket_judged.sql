-- A ticket of a month's statement with what the measures ask of it: what of its life falls in the month, and how long it has taken so far.
-- Moments are text of one form, so that their first seven characters are their month.
select
    period as period_id,
    period_end,
    region as region_id,
    ticket_id,
    cast(substr(reported_at, 1, 10) as date) as reported_on,
    source,
    category,
    case
        when category in ('littering', 'bad_parking', 'dog_off_lead', 'thrown_from_height', 'smoking_in_public', 'noise') then 'uncivil'
        when category in ('street_dirty', 'bin_overflowing', 'street_stall', 'illegal_advert', 'shopfront_untidy') then 'look'
        when category in ('pothole', 'road_subsidence', 'road_damage') then 'road'
        when category in ('pavement_broken', 'pavement_blocked', 'tactile_path') then 'pavement'
        when category in ('truck_overload', 'truck_spill', 'truck_closed_road', 'truck_off_route') then 'truck'
        when category in ('river_litter', 'river_outfall', 'river_encroachment') then 'river'
        when category in ('straw_burning', 'waste_burning') then 'burning'
        -- Kinds that are a theme of their own: manhole covers, lamps, pipe strikes and the like.
        else category
    end as theme,

    substr(reported_at, 1, 7) = replace(period, 'M', '-') as received,
    coalesce(substr(judged_at, 1, 7) = replace(period, 'M', '-'), false) as judged,
    substr(due_at, 1, 7) = replace(period, 'M', '-') as due,
    coalesce(status = 'closed' and substr(closed_at, 1, 7) = replace(period, 'M', '-'), false) as closed,
    coalesce(substr(resolved_at, 1, 7) = replace(period, 'M', '-'), false) as ended,
    verdict,
    coalesce(verdict = 'true', false) as is_true,
    coalesce(verdict in ('false', 'duplicate'), false) as is_refused,
    closed_at is null as is_open,
    coalesce(closed_at <= due_at, false) as in_time,
    cast(due_at as timestamp) < month_over as is_past_due,
    co_handlers >= 2 or cross_district = 'true' as is_joint,
    co_handlers_in_time >= co_handlers as all_joined_in_time,
    handling_level in ('grid', 'village', 'town') as by_town,
    reworked = 'true' as is_reworked,
    rating_asked = 'true' as is_invited,
    satisfaction,
    city_report_due_at is not null as city_report_due,
    coalesce(city_reported_at <= city_report_due_at, false) as city_reported_in_time,

    {{ minutes_between('cast(reported_at as timestamp)', 'coalesce(cast(closed_at as timestamp), month_over)') }} as minutes_so_far,
    coalesce(paused_minutes, 0) as paused_minutes,
    {{ minutes_between('cast(reported_at as timestamp)', 'cast(judged_at as timestamp)') }} as minutes_to_verdict,
    {{ minutes_between('cast(reported_at as timestamp)', 'coalesce(cast(resolved_at as timestamp), month_over)') }} as minutes_to_resolved,
    {{ minutes_between('cast(happened_at as timestamp)', 'cast(resolved_at as timestamp)') }} as minutes_lasted,
    {{ minutes_between('cast(happened_at as timestamp)', 'coalesce(cast(city_reported_at as timestamp), month_over)') }} as minutes_to_city
from (
    select
        *,
        cast({{ days_after('period_end', 1) }} as timestamp) as month_over
    from {{ ref('stg_event_ticket') }}
) as t
