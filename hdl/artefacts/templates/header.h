/* Made by lilogic {{ lilogic }}: the {{ block.title }}. */

#ifndef {{ prefix }}_H
#define {{ prefix }}_H
{% for title, values in defines.items() %}

/* {{ title }} */
{% for define in values %}
#define {{ prefix }}_{{ define.name }} {{ define.value }}{% if define.meaning %} /* {{ define.meaning }} */{% endif %}

{% endfor %}
{% endfor %}

/* What classes are called, as initializers of an array of strings. */
#define {{ prefix }}_CLASS_NAMES \
{% for name in names %}
    {{ name }}{{ "" if loop.last else ", \\" }}
{% endfor %}

#endif
