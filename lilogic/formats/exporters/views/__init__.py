"""Pictures of networks of any size: where wires run, what classes look at, which filters repeat."""
