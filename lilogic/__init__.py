"""lilogic: learn classifiers made of two-input logic gates, and prove their hardware."""

__version__ = "0.1.0"
