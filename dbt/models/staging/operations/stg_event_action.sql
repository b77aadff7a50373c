{{ stated_rows('event_action', key='action_id') }}
