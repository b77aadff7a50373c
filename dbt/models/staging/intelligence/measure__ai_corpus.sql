-- What the corpora hold at the month's end, in units of ten thousand entries, where they are kept.
with counted as (
    select
        a.region_id,
        k.period as period_id,
        sum(k.entries) / 10000 as corpus_entries,
        sum(k.checked) / 10000 as corpus_checked,
        sum(k.passed) / 10000 as corpus_passed
    from {{ ref('stg_ai_corpus') }} as k
    inner join {{ regions_around() }} as a
        on
            k.region = a.part_id
            and k.period_end between a.valid_from and a.valid_to
    where a.level in ('district', 'unit', 'city')
    group by a.region_id, k.period
),

{{ measured('ai_corpus', [{
    'relation': 'counted',
    'grain': ['district', 'unit', 'city'],
    'codes': ['corpus_entries', 'corpus_checked', 'corpus_passed'],
}]) }}
