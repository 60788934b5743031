"""The classifier in Amaranth, part by part."""
