-- One row per scheme and period: how the scheme in force then works, and its tiers.
{% set langs = ['zh', 'en'] %}
with tier as (
    select
        scheme_id,
        version,
    {% for lang in langs -%}
    string_agg(
        concat(
            {{ tier_chip('name_' ~ lang, 'place', 'tiers') }}, ' ',
            case
                when cut is not null and quota is not null
                    then concat(
                        {{ grouped_number('cut', 1) }}, '{{ ' 分以上，且至多 ' if lang == 'zh' else ' points or more, at most ' }}',
                        {{ grouped_number('100 * quota', 0) }}, '%'
                        )
                when cut is not null then concat({{ grouped_number('cut', 1) }}, '{{ ' 分以上' if lang == 'zh' else ' points or more' }}')
                when quota is not null
                    then
                        concat(
                            '{{ '参评单位的 ' if lang == 'zh' else '' }}', {{ grouped_number('100 * quota', 0) }},
                            '{{ '%' if lang == 'zh' else '% of the ranked' }}'
                        )
                else ''
            end
        ), '<span class="sep"></span>' order by place
    ) as html_{{ lang }},
    string_agg(name_{{ lang }}, '{{ '、' if lang == 'zh' else ', ' }}' order by place) as text_{{ lang }}{{ ',' if not loop.last }}
    {% endfor %}
    from (select *, count(*) over (partition by scheme_id, version) as tiers from {{ ref('scheme_tier') }}) as t
    group by scheme_id, version
),

run as (
    select distinct
        scheme_id,
        scheme_version,
        period_id
    from {{ ref('ranking') }}
)

select
    c.snapshot_id,
    c.scheme_id,
    r.period_id,
    c.version as scheme_version,
{% for lang in langs -%}
n.scheme_{{ lang }},
{{ period_label('r.period_id', lang) }} as period_{{ lang }},
concat(n.scheme_{{ lang }}, '{{ '：' if lang == 'zh' else ': ' }}', c.method_{{ lang }}) as plain_{{ lang }},
concat(
    '<div class="method"><div class="method-head"><b>', {{ html_text('n.scheme_' ~ lang) }}, '</b>',
    '<span>{{ '第 ' if lang == 'zh' else 'version ' }}', c.version, '{{ ' 版，自 ' if lang == 'zh' else ', in force from ' }}',
    cast(c.valid_from as varchar), '{{ ' 起' if lang == 'zh' else '' }}',
    case when c.valid_to is null or c.valid_to >= date '9999-12-31' then '' else concat('{{ '至 ' if lang == 'zh' else ' to ' }}', cast(c.valid_to as varchar)) end, '</span>',
    case when c.illustrative then '<span class="mark">{{ '示意：项目自拟，非官方考核' if lang == 'zh' else 'illustrative: ours, no official assessment' }}</span>' else '' end,
    '</div><div class="method-text">', {{ html_text('c.method_' ~ lang) }}, '</div><div class="method-facts">',
    '<span><b>{{ '对象' if lang == 'zh' else 'Who' }}</b>', {{ grain_text('c.unit_grain', lang) }}, '{{ '，' if lang == 'zh' else ', ' }}',
    {{ frequency_text('c.frequency', lang) }}, '</span>',
    '<span><b>{{ '片区' if lang == 'zh' else 'Peer areas' }}</b>', {{ html_text('c.peer_scheme_' ~ lang) }}, '</span>',
    '<span><b>{{ '最低数据覆盖' if lang == 'zh' else 'Cover required' }}</b>', {{ grouped_number('100 * c.min_coverage', 0) }}, '%</span>',
    '<span><b>{{ '位次区间' if lang == 'zh' else 'Rank interval' }}</b>',
    case
        when coalesce(c.draws, 0) = 0 then '{{ '未估计' if lang == 'zh' else 'not computed' }}'
        else concat({{ grouped_number('c.draws', 0) }}, '{{ ' 次抽样，种子 ' if lang == 'zh' else ' draws, seed ' }}', c.seed)
    end, '</span>',
    '<span><b>{{ '并列' if lang == 'zh' else 'Ties' }}</b>',
    case c.tie_rule
        when 'max' then '{{ '取较后位次' if lang == 'zh' else 'share the higher number' }}'
        when 'dense' then '{{ '同位次，不跳号' if lang == 'zh' else 'share a number, none is skipped' }}'
        else '{{ '取较前位次' if lang == 'zh' else 'share the lower number' }}'
    end, '</span></div>',
    case
        when t.html_{{ lang }} is null
            then '<div class="method-tiers"><b>{{ '档次' if lang == 'zh' else 'Tiers' }}</b>{{ '本方案不分档' if lang == 'zh' else 'this scheme has none' }}</div>'
        else concat('<div class="method-tiers"><b>{{ '档次' if lang == 'zh' else 'Tiers' }}</b>', t.html_{{ lang }}, '</div>')
    end,
    '</div>'
) as html_{{ lang }}{{ ',' if not loop.last }}
{% endfor %}
from run as r
inner join {{ ref('scheme') }} as c
    on r.scheme_id = c.scheme_id and r.scheme_version = c.version
inner join {{ ref('evaluated_scheme') }} as n
    on r.scheme_id = n.scheme_id and r.scheme_version = n.version
left join tier as t
    on r.scheme_id = t.scheme_id and r.scheme_version = t.version
