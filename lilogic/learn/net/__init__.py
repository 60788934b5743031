"""The soft network: wires, nodes and heads, which harden into a gate graph."""
