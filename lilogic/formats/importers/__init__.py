"""Readers, a module for each format."""
