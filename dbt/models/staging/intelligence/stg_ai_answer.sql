{{ stated_rows('ai_answer', key='agent_id, region, day') }}
