{{ stated_rows('ai_corpus', key='corpus_id') }}
