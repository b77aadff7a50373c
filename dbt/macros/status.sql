{# on_target, watch, off_target, no_target. A region's own target goes before everyone's. For an interval the target lies between low and high
   and `warn` is how far outside it is still only watched. #}
{% macro status_of(value, direction, own, everyone) -%}
    {% set target = 'coalesce(' ~ own ~ '.target, ' ~ everyone ~ '.target)' %}
    {% set warn = 'coalesce(' ~ own ~ '.warn, ' ~ everyone ~ '.warn)' %}
    {% set low = 'coalesce(' ~ own ~ '.low, ' ~ everyone ~ '.low)' %}
    {% set high = 'coalesce(' ~ own ~ '.high, ' ~ everyone ~ '.high)' %}
    case
        when {{ direction }} = 'higher' and {{ target }} is not null then
            case
                when {{ value }} >= {{ target }} then 'on_target'
                when {{ value }} >= {{ warn }} then 'watch'
                else 'off_target'
            end
        when {{ direction }} = 'lower' and {{ target }} is not null then
            case
                when {{ value }} <= {{ target }} then 'on_target'
                when {{ value }} <= {{ warn }} then 'watch'
                else 'off_target'
            end
        when {{ direction }} in ('interval', 'target_best') and {{ low }} is not null then
            case
                when {{ value }} between {{ low }} and {{ high }} then 'on_target'
                when {{ value }} between {{ low }} - {{ warn }} and {{ high }} + {{ warn }} then 'watch'
                else 'off_target'
            end
        else 'no_target'
    end
{%- endmacro %}
