"""Boards: the host link around a classifier, bitstreams, and the host's side of the link."""
