{{ stated_rows('app_login', key='app_id, region, day') }}
