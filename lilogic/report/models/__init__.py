"""Typed reports: what commands and library calls give, as JSON and as Python objects."""
