-- Made by lilogic {{ lilogic }}: VHDL-93 around the module {{ block.module }} of {{ verilog }}, the
-- {{ block.title }}.
-- Analyse this file, and {{ verilog }} as Verilog, into one library: the component binds to the module
-- of its name.

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;

package {{ package }} is
  constant CLASSES : positive := {{ interface.classes }};
  constant DATA_WIDTH : positive := {{ interface.data_width }};
  constant INDEX_WIDTH : positive := {{ interface.index_width }};
  constant SCORE_WIDTH : positive := {{ interface.score_width }};
  constant LATENCY : natural := {{ interface.latency }};  -- clock cycles
  constant INTERVAL : positive := {{ interface.interval }};  -- clock cycles from one sample to the next, at least
{% if features %}
  constant FEATURES_COUNT : positive := {{ features }};
  constant FEATURE_WIDTH : positive := {{ interface.feature_width }};

  subtype feature_t is {{ feature_type }}(FEATURE_WIDTH - 1 downto 0);
  type features_t is array (0 to FEATURES_COUNT - 1) of feature_t;
{% endif %}

  subtype score_t is {{ score_type }}(SCORE_WIDTH - 1 downto 0);
  type scores_t is array (0 to CLASSES - 1) of score_t;

  -- The Verilog module.
  component {{ component }} is
    port (
{% for port in ports %}
      {{ port.name }} : {{ port.direction }} {{ port.flat }}{{ "" if loop.last else ";" }}
{% endfor %}
    );
  end component;
end package;

library ieee;
use ieee.std_logic_1164.all;
use ieee.numeric_std.all;
use work.{{ package }}.all;

{% if converted %}
-- The same with numbers for ports.
{% endif %}
entity {{ entity }} is
  port (
{% for port in ports %}
    {{ port.name }} : {{ port.direction }} {{ port.type }}{{ "" if loop.last else ";" }}
{% endfor %}
  );
end entity;

architecture rtl of {{ entity }} is
{% for port in ports if port.name in converted %}
  signal {{ port.name }}_flat : {{ port.flat }};
{% endfor %}
begin
{% if "features" in converted %}
  pack : for i in features_t'range generate
    features_flat(FEATURE_WIDTH * i + FEATURE_WIDTH - 1 downto FEATURE_WIDTH * i)
      <= std_logic_vector(features(i));
  end generate;

{% endif %}
{% if "scores" in converted %}
  unpack : for c in scores_t'range generate
    scores(c) <= {{ score_type }}(
      scores_flat(SCORE_WIDTH * c + SCORE_WIDTH - 1 downto SCORE_WIDTH * c));
  end generate;
  index <= unsigned(index_flat);

{% endif %}
  block_i : {{ component }}
    port map (
{% for port in ports %}
      {{ port.name }} => {{ port.name }}{{ "_flat" if port.name in converted }}{{ "" if loop.last else "," }}
{% endfor %}
    );
end architecture;
