"""Readers of data files, a module for each kind.

Each gives plain arrays or one line that names the file. Nothing is ever unpickled.
"""
