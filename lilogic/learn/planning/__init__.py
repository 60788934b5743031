"""What a recipe will take in hardware before it is trained, and which widths a budget allows."""
