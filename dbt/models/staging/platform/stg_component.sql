{{ stated_rows('component', key='component_id') }}
