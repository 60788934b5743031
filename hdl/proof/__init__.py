"""Proof that compiled Verilog equals the graph it was compiled from."""
