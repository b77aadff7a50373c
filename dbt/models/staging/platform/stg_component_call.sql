{{ stated_rows('component_call', key='component_id, app_id, region, day') }}
