"""Boards: the host link around a classifier, bitstreams, and the host's side of the link."""

if __name__ != "lilogic.boards":
    # A checkout has this folder at its top; imported from there, every class would exist twice.
    raise ImportError("import lilogic.boards: there is no top-level package boards", name=__name__)
