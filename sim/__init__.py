"""Simulation: cocotb regressions of the emitted Verilog."""

if __name__ != "lilogic.sim":
    # A checkout has this folder at its top; imported from there, every class would exist twice.
    raise ImportError("import lilogic.sim: there is no top-level package sim", name=__name__)
