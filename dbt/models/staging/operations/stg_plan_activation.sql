{{ stated_rows('plan_activation', key='activation_id') }}
