"""FPGAs: families, devices, and the programs that build for them."""
