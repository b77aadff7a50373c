-- Period grains at which an indicator of a frequency is computed: its own and every coarser one.
{% set grains = {
    'month': ['month', 'quarter', 'half', 'year'],
    'quarter': ['quarter', 'half', 'year'],
    'half': ['half', 'year'],
    'year': ['year'],
    'decade': ['year'],
} %}
{% for frequency, computed in grains.items() %}
{% set last_frequency = loop.last %}
{% for grain in computed %}
select
    '{{ frequency }}' as frequency,
    '{{ grain }}' as grain,
    {{ loop.first | lower }} as own
{{ 'union all' if not (last_frequency and loop.last) }}
{% endfor %}
{% endfor %}
