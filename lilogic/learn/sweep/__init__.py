"""Sweeps: which settings of a recipe are tried, and in which order."""
