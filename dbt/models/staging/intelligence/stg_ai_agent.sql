{{ stated_rows('ai_agent', key='agent_id') }}
