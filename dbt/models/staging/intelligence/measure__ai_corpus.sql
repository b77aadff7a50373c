-- What the corpora hold at the month's end, in units of ten thousand entries, where they are kept.
{% set counts = {
    'corpus_entries': 'sum(entries) / 10000',
    'corpus_checked': 'sum(checked) / 10000',
    'corpus_passed': 'sum(passed) / 10000',
} %}
with counted as (
    {{ by_owner(stated('ai_corpus'), counts) }}
),

{{ measured('ai_corpus', [{'relation': 'counted', 'grain': ['district', 'unit', 'city'], 'codes': counts}]) }}
