"""Evaluations: their figures, the tables that show them, and pictures."""
