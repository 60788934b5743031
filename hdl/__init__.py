"""Hardware: GateGraph to Amaranth components, Verilog, area reports and proofs."""
