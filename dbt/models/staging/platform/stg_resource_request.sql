{{ stated_rows('resource_request', key='request_id') }}
