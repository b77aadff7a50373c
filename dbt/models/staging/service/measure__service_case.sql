-- Cases by the month in which they were accepted, decided or due. A statement holds every case that had one of these in its month, and others that
-- had none: a case accepted, decided or due at another time is of no account. What the applicant withdrew was neither decided nor due.
with service_case as (
    select
        region,
        period,
        item_id,
        promised_days,
        used_days,
        channel,
        counter,
        one_thing,
        cross_region,
        reused_documents,
        documents,
        outcome,
        rating,
        due_on,
        finished_at,
        replace(substring(accepted_at, 1, 7), '-', 'M') = period as is_accepted,
        coalesce(replace(substring(finished_at, 1, 7), '-', 'M') = period and outcome <> 'withdrawn', false) as is_decided,
        replace(substring(cast(due_on as varchar), 1, 7), '-', 'M') = period and coalesce(outcome <> 'withdrawn', true) as is_due
    from {{ stated('service_case') }}
),

counted as (
    select
        region as region_id,
        period as period_id,
        count(*) filter (where is_accepted) as cases_received,
        count(*) filter (where is_accepted and channel in ('web', 'app')) as cases_online,
        count(*) filter (where is_accepted and (channel = 'grid' or (channel = 'hall' and counter in ('town', 'village')))) as cases_town,
        count(*) filter (where is_accepted and one_thing = 'true') as cases_one_thing,
        count(*) filter (where is_accepted and one_thing = 'true' and channel in ('web', 'app')) as cases_one_thing_online,
        count(*) filter (where is_due) as cases_due,
        count(*) filter (where is_due and substring(finished_at, 1, 10) <= cast(due_on as varchar)) as cases_on_time,
        count(*) filter (where is_decided) as cases_decided,
        count(*) filter (where is_decided and cross_region = 'true') as cases_across,
        sum(documents) filter (where is_decided) as case_documents,
        sum(reused_documents) filter (where is_decided) as case_documents_reused,
        count(*) filter (where is_decided and rating is not null) as cases_rated,
        count(*) filter (where is_decided and rating >= 4) as cases_rated_good,
        count(*) filter (where is_decided and rating <= 2) as ratings_bad
    from service_case
    group by region, period
),

-- Each case is decided in one month's statement only, so a quarter's are those of its three.
decided as (
    select
        r.region_id,
        r.level,
        p.period_id,
        d.item_id,
        d.promised_days,
        d.used_days,
        d.outcome
    from service_case as d
    inner join {{ periods_of_months() }} as p
        on d.period = p.period
    inner join {{ regions_around() }} as r
        on
            d.region = r.part_id
            and p.end_date between r.valid_from and r.valid_to
    where d.is_decided
),

-- Cases done on the spot are promised no day.
case_time as (
    select
        region_id,
        period_id,
        percentile_cont(0.9) within group (order by used_days) as case_days_p90
    from decided
    where
        promised_days > 0
        and level in ('town', 'district', 'unit', 'city')
    group by region_id, period_id
),

-- One case is the whole of it: licence, seals and invoices. A working day has eight hours.
startup_time as (
    select
        region_id,
        period_id,
        8 * percentile_cont(0.9) within group (order by used_days) as startup_hours_p90
    from decided
    where
        item_id = 'firm_startup'
        and outcome = 'granted'
        and level in ('district', 'unit', 'city')
    group by region_id, period_id
),

{{ measured('service_case', [
    {
        'relation': 'counted',
        'grain': 'town',
        'codes': [
            'cases_received', 'cases_online', 'cases_town', 'cases_one_thing', 'cases_one_thing_online', 'cases_due', 'cases_on_time',
            'cases_decided', 'cases_across', 'case_documents', 'case_documents_reused', 'cases_rated', 'cases_rated_good', 'ratings_bad',
        ],
    },
    {'relation': 'case_time', 'codes': ['case_days_p90']},
    {'relation': 'startup_time', 'codes': ['startup_hours_p90']},
]) }}
