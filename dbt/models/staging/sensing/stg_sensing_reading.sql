{{ stated_rows('sensing_reading', key='device_id, quantity, read_at') }}
