"""A classifier as a project for Tiny Tapeout: its circuit, the tiles it takes, its files."""
