-- Figures that more than one file carries, each by the number of its key. A number that two figures share by chance does no harm:
-- it sends a figure the longer way, by its versions, to the same end.
{{ replaced_by('feed_period', ['feed_id', 'period_id']) }}
select
    feed_id,
    period_id,
    {{ figure_key() }} as figure_key
from {{ ref('submission') }}
where contested and {{ in_delta('feed_period', ['feed_id', 'period_id']) }}
group by feed_id, period_id, {{ figure_key() }}
having count(*) > 1
