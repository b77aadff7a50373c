{{ stated_rows('service_case', key='case_id') }}
