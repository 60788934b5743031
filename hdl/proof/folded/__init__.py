"""Folded classifiers as circuits without time, which the proofs of the parts are about."""
