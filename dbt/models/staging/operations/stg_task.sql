{{ stated_rows('task', key='task_id') }}
