{{ stated_rows('hotline_call', key='call_id') }}
