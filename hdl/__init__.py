"""Hardware: GateGraph to Amaranth components, Verilog, area reports and proofs."""

if __name__ != "lilogic.hdl":
    # A checkout has this folder at its top; imported from there, every class would exist twice.
    raise ImportError("import lilogic.hdl: there is no top-level package hdl", name=__name__)
