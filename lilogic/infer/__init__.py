"""Software inference: the golden model, and fast bit-sliced programs."""
