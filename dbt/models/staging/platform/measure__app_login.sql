-- Log-in days at the applications that have a measure of their own, by town of the users.
with counted as (
    select
        region as region_id,
        period as period_id,
        sum(case when app_id = 'app_civic' then users else 0 end) as civic_logins,
        sum(case when app_id = 'app_grass' then users else 0 end) as grass_logins
    from {{ stated('app_login') }}
    group by region, period
),

{{ measured('app_login', [{'relation': 'counted', 'grain': 'town', 'codes': ['civic_logins', 'grass_logins']}]) }}
