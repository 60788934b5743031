"""Simulation: cocotb regressions of the emitted Verilog."""
