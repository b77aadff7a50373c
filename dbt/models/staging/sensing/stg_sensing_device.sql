{{ stated_rows('sensing_device', key='device_id') }}
