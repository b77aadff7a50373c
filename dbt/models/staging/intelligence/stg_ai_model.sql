{{ stated_rows('ai_model', key='model_id') }}
