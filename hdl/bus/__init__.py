"""A classifier behind a standard bus: AXI4-Stream, AXI4-Lite, Wishbone."""
