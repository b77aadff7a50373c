-- Calls of agents and what became of the answers, by town of the users.
with counted as (
    select
        region as region_id,
        period as period_id,
        sum(calls) as answers,
        sum(accepted) as answers_accepted,
        sum(handed_over) as answers_handed_over,
        sum(wrong) as answers_wrong
    from {{ stated('ai_answer') }}
    group by region, period
),

{{ measured('ai_answer', [{
    'relation': 'counted',
    'grain': 'town',
    'codes': ['answers', 'answers_accepted', 'answers_handed_over', 'answers_wrong'],
}]) }}
