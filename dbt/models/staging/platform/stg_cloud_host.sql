{{ stated_rows('cloud_host', key='host_id, day') }}
