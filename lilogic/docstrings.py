"""What docstrings say of the fields of models, for JSON Schemas and for the reference."""

from __future__ import annotations

import re
from inspect import cleandoc
from typing import Any

from pydantic import BaseModel

_HEADING = "\nAttributes:\n"
_ENTRY = re.compile(r"^    (\w+): (.*(?:\n {5,}.*)*)", re.MULTILINE)


def describe(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Describe a model and its fields in its JSON Schema, in Markdown.

    For ``ConfigDict(json_schema_extra=describe)``.
    """
    schema["description"] = _markdown(cleandoc(model.__doc__ or "").partition(_HEADING)[0])
    texts = meanings(model)
    for name, field in schema.get("properties", {}).items():
        if name in texts:
            field["description"] = texts[name]


def meanings(kind: type) -> dict[str, str]:
    """The meaning of each field of a class, in Markdown.

    It comes from the section ``Attributes`` of the docstring. Bases describe inherited fields.
    """
    texts: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        entries = cleandoc(base.__doc__ or "").partition(_HEADING)[2]
        texts |= {name: _markdown(text) for name, text in _ENTRY.findall(entries)}
    return texts


def _markdown(text: str) -> str:
    """Text of a docstring with each paragraph on one line."""
    paragraphs = (" ".join(paragraph.split()) for paragraph in text.strip().split("\n\n"))
    return "\n\n".join(paragraphs).replace("``", "`")
