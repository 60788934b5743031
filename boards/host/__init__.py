"""What runs on the host: the client of a board."""
