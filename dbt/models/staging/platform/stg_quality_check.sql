{{ stated_rows('quality_check', key='resource_id, rule_id, day') }}
