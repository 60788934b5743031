# Made by lilogic {{ lilogic }}: constraints of the module {{ block.module }}, {{ purpose }}.
# Clock: {{ clock }}.
{% if block.is_clocked %}
create_clock -name clk -period {{ "%.3f" | format(block.period) }} [get_ports {{ block.ports[0].name }}]
{% else %}
# There are no registers: the clock is that of the registers around the module.
create_clock -name clk -period {{ "%.3f" | format(block.period) }}
{% endif %}

# Registers right before and behind the module. What stands between takes its share: say so here.
set_input_delay 0.000 -clock clk [get_ports {{ "{" }}{{ inputs }}{{ "}" }}]
set_output_delay 0.000 -clock clk [get_ports {{ "{" }}{{ outputs }}{{ "}" }}]
