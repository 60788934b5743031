"""What reports hold, as typed models that become JSON."""
