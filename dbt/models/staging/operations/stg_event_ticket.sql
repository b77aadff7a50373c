{{ stated_rows('event_ticket', key='ticket_id') }}
