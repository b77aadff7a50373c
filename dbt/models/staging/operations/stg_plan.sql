{{ stated_rows('plan', key='plan_id, version') }}
