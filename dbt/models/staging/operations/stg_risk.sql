{{ stated_rows('risk', key='risk_id') }}
