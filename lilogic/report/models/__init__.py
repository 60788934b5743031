"""What reports say, as typed models that serialise to JSON."""
