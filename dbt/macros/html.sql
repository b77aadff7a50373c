{# How figures look in the cockpit: text, numbers, chips, sparks, tiles, as HTML that a stock Superset table shows.
   Belongs here: every string that reaches a browser, in both languages (`lang` is zh or en). Does not belong here: what a figure is.
   Data reaches HTML only through html_text; graphics are images in a data URI, because the table drops inline SVG. #}

{% macro html_text(text) -%}
    replace(replace(replace(replace(replace(coalesce(cast({{ text }} as varchar), ''),
        '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
{%- endmacro %}

{# A number with its decimals and thousands separators; what rounds to nothing has no minus sign (a half rounds to the even 0). #}
{% macro grouped_number(value, decimals) -%}
    format(
        concat('{:,.', greatest(cast({{ decimals }} as integer), 0), 'f}'),
        case when abs({{ value }}) < 0.5 * pow(10, -({{ decimals }})) or (abs({{ value }}) = 0.5 and {{ decimals }} = 0) then 0.0 else cast({{ value }} as double) end
    )
{%- endmacro %}

{# Chinese readers count in 万 and 亿; a unit that already does so, and a rate, keeps its scale. #}
{% macro scale_zh(value, unit) -%}
    case
        when {{ unit }} like '%万%' or {{ unit }} like '%亿%' or {{ unit }} like '%\%%' escape '\' then 1
        when abs({{ value }}) >= 1e8 then 1e8
        when abs({{ value }}) >= 1e4 then 1e4
        else 1
    end
{%- endmacro %}

{# The figure as a reader of the language writes it, without its unit. #}
{% macro figure(value, decimals, unit_zh, lang) -%}
    {% if lang == 'zh' -%}
    {% set scale = scale_zh(value, unit_zh) -%}
    {{ grouped_number(value ~ ' / ' ~ scale, 'case when ' ~ scale ~ ' = 1 then ' ~ decimals ~ ' else 2 end') }}
    {%- else -%}
    {{ grouped_number(value, decimals) }}
    {%- endif %}
{%- endmacro %}

{# The unit that belongs to `figure`. #}
{% macro figure_unit(value, unit_zh, unit_en, lang) -%}
    {% if lang == 'zh' -%}
    concat(case {{ scale_zh(value, unit_zh) }} when 1e8 then '亿' when 1e4 then '万' else '' end, coalesce({{ unit_zh }}, ''))
    {%- else -%}
    coalesce({{ unit_en }}, '')
    {%- endif %}
{%- endmacro %}

{# 2024, 2024H1, 2024Q3, 2024M03, 2024-03-05; labels of one grain sort as text. #}
{% macro period_label(period_id, lang) -%}
    {% set p = period_id -%}
    {% if lang == 'zh' -%}
    case
        when length({{ p }}) = 4 then concat({{ p }}, '年')
        when substr({{ p }}, 5, 1) = 'H' then concat(substr({{ p }}, 1, 4), '年', case substr({{ p }}, 6) when '1' then '上半年' else '下半年' end)
        when substr({{ p }}, 5, 1) = 'Q' then concat(substr({{ p }}, 1, 4), '年第', substr({{ p }}, 6), '季度')
        when substr({{ p }}, 5, 1) = 'M' then concat(substr({{ p }}, 1, 4), '年', substr({{ p }}, 6), '月')
        else {{ p }}
    end
    {%- else -%}
    case
        when substr({{ p }}, 5, 1) in ('H', 'Q') then concat(substr({{ p }}, 1, 4), ' ', substr({{ p }}, 5))
        when substr({{ p }}, 5, 1) = 'M' then concat(substr({{ p }}, 1, 4), '-', substr({{ p }}, 6))
        else {{ p }}
    end
    {%- endif %}
{%- endmacro %}

{# The four kinds of absence, and why. #}
{% macro absence(state, reason, lang) -%}
    {% set zh = {
        'missing': '缺报', 'not_applicable': '不适用', 'not_yet_due': '未到报送期',
        'not_received': '未收到数据', 'incomplete': '数据不完整', 'base_missing': '缺少对比期数据', 'declared': '已声明不适用',
        'zero_denominator': '分母为零', 'zero_base': '对比期为零', 'other_boundary': '区划已调整', 'not_due': '尚未到期', 'no_figure': '不按该区县统计',
    } -%}
    {% set en = {
        'missing': 'Missing', 'not_applicable': 'Not applicable', 'not_yet_due': 'Not yet due',
        'not_received': 'not received', 'incomplete': 'incomplete', 'base_missing': 'nothing to compare with', 'declared': 'declared so',
        'zero_denominator': 'denominator is zero', 'zero_base': 'zero in the period compared with', 'other_boundary': 'boundary has changed', 'not_due': 'due date still ahead', 'no_figure': 'not kept for this district',
    } -%}
    {% set words = zh if lang == 'zh' else en -%}
    concat(
        case {{ state }} {% for s in ['missing', 'not_applicable', 'not_yet_due'] %}when '{{ s }}' then '{{ words[s] }}' {% endfor %}else '' end,
        case {{ reason }}
            {% for r in ['not_received', 'incomplete', 'base_missing', 'declared', 'zero_denominator', 'zero_base', 'other_boundary', 'not_due', 'no_figure'] -%}
            when '{{ r }}' then '{{ ('（' ~ words[r] ~ '）') if lang == 'zh' else (' (' ~ words[r] ~ ')') }}'
            {% endfor -%}
            else ''
        end
    )
{%- endmacro %}

{# Status as shape and word; the colour comes by class. #}
{% macro status_text(status, lang) -%}
    case {{ status }}
        when 'on_target' then '{{ '● 达标' if lang == 'zh' else '● On target' }}'
        when 'watch' then '{{ '▲ 关注' if lang == 'zh' else '▲ Watch' }}'
        when 'off_target' then '{{ '■ 未达标' if lang == 'zh' else '■ Off target' }}'
        else '{{ '○ 未设目标' if lang == 'zh' else '○ No target' }}'
    end
{%- endmacro %}

{% macro status_chip(status, lang) -%}
    concat('<span class="chip">', {{ status_text(status, lang) }}, '</span>')
{%- endmacro %}

{# Change on the period before: percentage points for a rate, per cent of a positive figure, else the difference. Null where there is none. #}
{% macro change_text(change, previous, unit_zh, decimals, lang) -%}
    case
        when {{ change }} is null then null
        else concat(
            case when {{ change }} > 0 then '▲ ' when {{ change }} < 0 then '▼ ' else '= ' end,
            case
                when {{ unit_zh }} in ('%', '百分点') or {{ previous }} is null or {{ previous }} <= 0 then {{ grouped_number('abs(' ~ change ~ ')', 'greatest(' ~ decimals ~ ', 1)') }}
                else concat({{ grouped_number('100 * abs(' ~ change ~ ') / ' ~ previous, 1) }}, '%')
            end,
            case when {{ unit_zh }} in ('%', '百分点') then '{{ ' 个百分点' if lang == 'zh' else ' pp' }}' else '' end
        )
    end
{%- endmacro %}

{# A line of the last values, scaled to its own range, with a dot on the newest. `points` is one "x,y x,y" text, see spark_point. #}
{% macro spark(points, last_x, last_y, alt) -%}
    concat(
        '<img class="spark" alt="', {{ html_text(alt) }}, '" src="data:image/svg+xml;base64,',
        to_base64(encode(concat(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="-3 -3 102 34" width="102" height="34">',
            '<polyline fill="none" stroke="#4a7fb5" stroke-width="1.8" stroke-linejoin="round" points="', {{ points }}, '"/>',
            '<circle r="2.6" fill="#0b5cad" cx="', {{ last_x }}, '" cy="', {{ last_y }}, '"/></svg>'
        ))),
        '" />'
    )
{%- endmacro %}

{# Chips of the flags in a mask, one text per row of `relation`, keyed by its mask: (flags, html_zh, html_en, text_zh, text_en). #}
{% macro flag_chips(relation) -%}
    select
        m.flags,
        {% for lang in ['zh', 'en'] -%}
        coalesce(string_agg(
            concat('<span class="mark" title="', {{ html_text('f.meaning_' ~ lang) }}, '">', {{ html_text('f.name_' ~ lang) }}, '</span>'), ' '
            order by f.bit
        ) filter (where f.bit is not null), '') as html_{{ lang }},
        coalesce(string_agg(f.name_{{ lang }}, '{{ '、' if lang == 'zh' else ', ' }}' order by f.bit), '') as text_{{ lang }}{{ ',' if not loop.last }}
        {% endfor %}
    from (select distinct flags from {{ relation }}) as m
    left join {{ ref('flag') }} as f
        on (m.flags & f.bit) > 0
    group by m.flags
{%- endmacro %}

{# An indicator with its unit, as lists and axes name it. #}
{% macro indicator_label(name, unit, lang) -%}
    concat({{ name }}, case when coalesce({{ unit }}, '') = '' then '' else concat('{{ '（' if lang == 'zh' else ' (' }}', {{ unit }}, '{{ '）' if lang == 'zh' else ')' }}') end)
{%- endmacro %}

{# The period grain at which an indicator of a frequency is reported. #}
{% macro own_grain(frequency) -%}
    case {{ frequency }} when 'decade' then 'year' else {{ frequency }} end
{%- endmacro %}

{# What a grade says, in a few words. #}
{% macro grade_text(grade, lang) -%}
    case {{ grade }}
        when 'A' then '{{ 'A 可靠' if lang == 'zh' else 'A sound' }}'
        when 'B' then '{{ 'B 有迟报、更正或轻微问题' if lang == 'zh' else 'B late, corrected, or slight findings' }}'
        when 'C' then '{{ 'C 不完整或有存疑' if lang == 'zh' else 'C incomplete or in doubt' }}'
        when 'D' then '{{ 'D 有严重问题' if lang == 'zh' else 'D serious findings' }}'
        else ''
    end
{%- endmacro %}

{# The grade of the data as a letter; empty where there is none. #}
{% macro grade_badge(grade, lang) -%}
    case
        when {{ grade }} is null then ''
        else concat(
            '<span class="grade grade-', {{ grade }}, '" title="{{ '数据质量等级：' if lang == 'zh' else 'Grade of the data: ' }}', {{ grade_text(grade, lang) }}, '">', {{ grade }}, '</span>'
        )
    end
{%- endmacro %}

{# Words of the quality page. #}
{% macro dimension_text(dimension, lang) -%}
    {% set words = {
        'completeness': ('完整性', 'Completeness'), 'timeliness': ('及时性', 'Timeliness'), 'validity': ('有效性', 'Validity'),
        'uniqueness': ('唯一性', 'Uniqueness'), 'consistency': ('一致性', 'Consistency'), 'plausibility': ('合理性', 'Plausibility'),
        'honesty': ('真实性', 'Honesty'),
    } -%}
    case {{ dimension }} {% for name, word in words.items() %}when '{{ name }}' then '{{ word[0] if lang == 'zh' else word[1] }}' {% endfor %}end
{%- endmacro %}

{% macro severity_text(severity, lang) -%}
    case {{ severity }}
        when 'high' then '{{ '高' if lang == 'zh' else 'High' }}'
        when 'medium' then '{{ '中' if lang == 'zh' else 'Medium' }}'
        when 'low' then '{{ '低' if lang == 'zh' else 'Low' }}'
    end
{%- endmacro %}

{% macro mark_text(mark, lang) -%}
    case {{ mark }}
        when 'open' then '{{ '待处置' if lang == 'zh' else 'Open' }}'
        when 'corrected' then '{{ '已更正' if lang == 'zh' else 'Corrected' }}'
        when 'accepted' then '{{ '已认可' if lang == 'zh' else 'Accepted' }}'
    end
{%- endmacro %}

{# The evaluation pages. #}

{# Address of a page with the named filters set to the row's values: a filter, and the column that it is on, is named as the column of
   `row` is, apart from the language. The text of a value is quoted for the filters' own notation, where ! and ' are signs, and then
   for an address. #}
{% macro page_link(page, filters, row, lang) -%}
    {% set ns = namespace(parts=[]) -%}
    {% for name in filters -%}
    {% set column = name ~ '_' ~ lang -%}
    {% set text = "url_encode(replace(replace(" ~ row ~ "." ~ column ~ ", '!', '!!'), '''', '!'''))" -%}
    {% set ns.parts = ns.parts + [
        "'" ~ ("," if not loop.first else "") ~ "NATIVE_FILTER-" ~ name ~ ":(id:NATIVE_FILTER-" ~ name ~ ",extraFormData:(filters:!((col:" ~ column ~ ",op:IN,val:!('''",
        text, "'''))))" ~ ",filterState:(label:'''", text, "''',value:!('''", text, "''')),ownState:())'",
    ] -%}
    {% endfor -%}
    concat('{{ page }}?native_filters=(', {{ ns.parts | join(', ') }}, ')')
{%- endmacro %}

{# Where a rank lies on a line from the first to the last of n. #}
{% macro rank_x(rank, n) -%}
    format('{:.1f}', 6 + 148.0 * ({{ rank }} - 1) / greatest({{ n }} - 1, 1))
{%- endmacro %}

{# Rank and its interval in words: 3 (2-6) of 13. #}
{% macro rank_text(rank, low, high, n, lang) -%}
    concat(
        '{{ '第 ' if lang == 'zh' else 'rank ' }}', {{ rank }},
        case when {{ low }} is null then '' else concat('{{ '（区间 ' if lang == 'zh' else ' (interval ' }}', {{ low }}, '–', {{ high }}, '{{ '）' if lang == 'zh' else ')' }}') end,
        '{{ '，共 ' if lang == 'zh' else ' of ' }}', {{ n }}{{ ", ' 个'" if lang == 'zh' else '' }}
    )
{%- endmacro %}

{# A line from 1 to n with the interval of the rank as a bar and the rank as a dot. The bar ends a hundredth later (one digit more), since one of
   no length is not drawn. #}
{% macro whisker(rank, low, high, n, lang) -%}
    concat(
        '<img class="whisker" alt="', {{ rank_text(rank, low, high, n, lang) }}, '" title="', {{ rank_text(rank, low, high, n, lang) }},
        '" src="data:image/svg+xml;base64,',
        to_base64(encode(concat(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 160 18" width="160" height="18"><path d="M6 9H154M6 5v8M154 5v8" stroke="#b5c0cf" fill="none"/>',
            case
                when {{ low }} is null then ''
                else concat(
                    '<path d="M', {{ rank_x(low, n) }}, ' 9H', {{ rank_x(high, n) }}, '1" stroke="#7fb2dd" stroke-width="8" stroke-linecap="round"/>'
                )
            end,
            '<circle r="4.2" cy="9" cx="', {{ rank_x(rank, n) }}, '" fill="#0b3f78" stroke="#fff"/></svg>'
        ))),
        '" />'
    )
{%- endmacro %}

{# A tier as a word in a coloured chip: the best one, the last one, and those between look different. #}
{% macro tier_chip(name, place, tiers) -%}
    concat(
        '<span class="tier ', case when {{ place }} = 1 then 'tier-top' when {{ place }} = {{ tiers }} then 'tier-low' else 'tier-mid' end, '">',
        case when {{ place }} = 1 then '★ ' when {{ place }} = {{ tiers }} then '▽ ' else '' end, {{ html_text(name) }}, '</span>'
    )
{%- endmacro %}

{# Places gained or lost in words, or why nothing can be said. #}
{% macro movement_text(movement, reason, lang) -%}
    case
        when {{ movement }} > 0 then concat('{{ '▲ 升' if lang == 'zh' else '▲ up ' }}', {{ movement }}{{ ", '位'" if lang == 'zh' else '' }})
        when {{ movement }} < 0 then concat('{{ '▼ 降' if lang == 'zh' else '▼ down ' }}', -({{ movement }}){{ ", '位'" if lang == 'zh' else '' }})
        when {{ movement }} = 0 then '{{ '= 持平' if lang == 'zh' else '= same' }}'
        when {{ reason }} = 'version' then '{{ '方案换版，不可比' if lang == 'zh' else 'scheme changed' }}'
        when {{ reason }} = 'area' then '{{ '片区变动，不可比' if lang == 'zh' else 'peer area changed' }}'
        when {{ reason }} = 'first' then '{{ '首次排名' if lang == 'zh' else 'first rank' }}'
        else '—'
    end
{%- endmacro %}

{# The same as a sentence. #}
{% macro movement_why(movement, reason, lang) -%}
    case
        when {{ movement }} is not null then '{{ '与上一期位次相比' if lang == 'zh' else 'against the rank of the period before' }}'
        when {{ reason }} = 'version' then '{{ '上一期用的是方案的另一版本（例如另一种片区划分），位次不可比' if lang == 'zh' else 'the period before was ranked by another version of the scheme, for example with other peer areas; its ranks cannot be compared' }}'
        when {{ reason }} = 'area' then '{{ '上一期在另一个片区，位次不可比' if lang == 'zh' else 'it was in another peer area in the period before; the ranks cannot be compared' }}'
        when {{ reason }} = 'first' then '{{ '上一期没有位次' if lang == 'zh' else 'it had no rank in the period before' }}'
        else '{{ '本期没有位次' if lang == 'zh' else 'it has no rank in this period' }}'
    end
{%- endmacro %}

{# Points with a sign; what rounds to nothing has none. #}
{% macro signed(value, decimals) -%}
    concat(
        case when {{ value }} >= 0.5 * pow(10, -{{ decimals }}) then '+' when {{ value }} <= -0.5 * pow(10, -{{ decimals }}) then '−' else '' end,
        {{ grouped_number('abs(' ~ value ~ ')', decimals) }}
    )
{%- endmacro %}

{# A share of the whole as a class from 0 to 100: w for a width, l for a distance from the left. #}
{% macro share_class(letter, share) -%}
    concat('{{ letter }}', cast(round(100 * least(greatest(coalesce({{ share }}, 0), 0), 1)) as integer))
{%- endmacro %}

{# Words of a scheme. #}
{% macro frequency_text(frequency, lang) -%}
    {% set words = {'month': ('月度', 'monthly'), 'quarter': ('季度', 'quarterly'), 'half': ('半年', 'half-yearly'), 'year': ('年度', 'yearly'), 'decade': ('十年一次', 'every ten years')} -%}
    case {{ frequency }} {% for name, word in words.items() %}when '{{ name }}' then '{{ word[0] if lang == 'zh' else word[1] }}' {% endfor %}else '' end
{%- endmacro %}

{% macro grain_text(grain, lang) -%}
    {% set words = {'district': ('区县', 'districts'), 'unit': ('考核单元', 'governing units'), 'town': ('镇街', 'towns')} -%}
    case {{ grain }} {% for name, word in words.items() %}when '{{ name }}' then '{{ word[0] if lang == 'zh' else word[1] }}' {% endfor %}else '{{ '单位' if lang == 'zh' else 'units' }}' end
{%- endmacro %}

{% macro weighting_text(weighting, lang) -%}
    {% set words = {
        'expert': ('专家给定', 'given by experts'), 'equal': ('均等', 'equal'), 'ahp': ('层次分析法', 'pairwise judgements (AHP)'), 'published': ('采用公布值', 'as published'),
        'entropy': ('熵权法', 'entropy'), 'critic': ('CRITIC 法', 'CRITIC'), 'pca': ('主成分法', 'principal component'), 'combined': ('主客观组合', 'given and data combined'),
    } -%}
    case {{ weighting }} {% for name, word in words.items() %}when '{{ name }}' then '{{ word[0] if lang == 'zh' else word[1] }}' {% endfor %}else '' end
{%- endmacro %}

{% macro aggregation_text(aggregation, lang) -%}
    {% set words = {
        'arithmetic': ('加权算术平均', 'weighted mean'), 'geometric': ('加权几何平均', 'weighted geometric mean'), 'harmonic': ('加权调和平均', 'weighted harmonic mean'),
        'topsis': ('TOPSIS 法', 'TOPSIS'), 'copeland': ('Copeland 两两比较', 'Copeland pairwise'),
    } -%}
    case {{ aggregation }} {% for name, word in words.items() %}when '{{ name }}' then '{{ word[0] if lang == 'zh' else word[1] }}' {% endfor %}else '' end
{%- endmacro %}

{# The share of a weight; one that the data decide has none of its own. #}
{% macro weight_text(weight, decimals, lang) -%}
    case when {{ weight }} is null then '{{ '由数据决定' if lang == 'zh' else 'from the data' }}' else concat({{ grouped_number('100 * ' ~ weight, decimals) }}, '%') end
{%- endmacro %}
