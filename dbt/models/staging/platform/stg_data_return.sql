{{ stated_rows('data_return', key='table_id, region, day') }}
