{{ stated_rows('app_onboarding', key='app_id, region') }}
