{{ stated_rows('database_stock', key='database_id, day') }}
