-- Figures that more than one file carries, each by the number of its key. A number that two figures share by chance does no harm:
-- it sends a figure the longer way, by its versions, to the same end.
select {{ figure_key() }} as figure_key
from {{ ref('submission') }}
where contested
group by {{ figure_key() }}
having count(*) > 1
