"""Writers, a module for each format."""
