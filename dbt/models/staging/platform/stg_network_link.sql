{{ stated_rows('network_link', key='link_id, day') }}
