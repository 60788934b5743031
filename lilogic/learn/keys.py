"""The keys of a recipe, from its model: their defaults, values and meanings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel

Schema = Mapping[str, Any]


@dataclass(frozen=True)
class Key:
    """A key of a recipe.

    Attributes:
        name: Its name with its section, such as ``train.epochs``.
        default: Its default in JSON, which is TOML as well; None if a recipe must have the key, and
            ``none`` if the default is to leave it out.
        values: The values that it may have, in words.
        meaning: What it does, in Markdown.
    """

    name: str
    default: str | None
    values: str
    meaning: str


def of(model: type[BaseModel]) -> list[Key]:
    """All keys of a model and of the models that are its fields, in order."""
    schema = model.model_json_schema()
    return [*_keys(schema, schema.get("$defs", {}), "")]


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their keys: ``{"train.epochs": 30, …}``."""
    values: dict[str, Any] = {}
    for name, value in settings.items():
        inner = flat(value, f"{prefix}{name}.") if isinstance(value, Mapping) else None
        values |= {f"{prefix}{name}": value} if inner is None else inner
    return values


def nearest(name: str, model: type[BaseModel]) -> list[str]:
    """Keys and sections of a model that ``name`` may be a slip of, the likeliest first."""
    known = [key.name for key in of(model)]
    section, dot, last = name.rpartition(".")
    if elsewhere := [key for key in known if key.rpartition(".")[2] == last]:
        return elsewhere
    beside = {key.removeprefix(section + dot).partition(".")[0] for key in known}
    return [section + dot + near for near in get_close_matches(last, sorted(beside), cutoff=0.7)]


def _keys(schema: Schema, models: Mapping[str, Schema], prefix: str) -> Iterator[Key]:
    required = schema.get("required", ())
    for name, field in schema["properties"].items():
        if "$ref" in field:
            section = models[field["$ref"].rpartition("/")[2]]
            yield from _keys(section, models, f"{prefix}{name}.")
            continue
        default = field.get("default")
        text = "none" if default is None else json.dumps(default, ensure_ascii=False)
        yield Key(
            f"{prefix}{name}",
            None if name in required else text,
            _values(field, models),
            field.get("description", ""),
        )


def _values(field: Schema, models: Mapping[str, Schema]) -> str:
    """Which values a field may have, in words."""
    if several := field.get("anyOf") or field.get("oneOf"):
        kinds = (kind for kind in several if kind.get("type") != "null")
        return " or ".join(_values(kind, models) for kind in kinds)
    if "$ref" in field:
        return _table(models[field["$ref"].rpartition("/")[2]])
    if "const" in field or "enum" in field:
        return ", ".join(field.get("enum", [field.get("const")]))
    match field["type"]:
        case "array" if "prefixItems" in field:
            return f"[{', '.join(_values(item, models) for item in field['prefixItems'])}]"
        case "array":
            return f"list of {_values(field['items'], models)}"
        case "boolean":
            return "true, false"
        case "string":
            return "text"
        case kind:
            return " ".join([kind, " and ".join(_bounds(field))]).strip()


def _table(model: Schema) -> str:
    """An inline table as one would write it, with its defaults; keys without one stand alone."""
    entries = []
    for name, field in model["properties"].items():
        value = field.get("const", field.get("default"))
        entries.append(name if value is None else f"{name} = {json.dumps(value)}")
    return f"{{{', '.join(entries)}}}"


def _bounds(field: Schema) -> Iterator[str]:
    signs = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
    for bound, sign in signs.items():
        if bound in field:
            yield f"{sign} {_number(field[bound])}"


def _number(value: float) -> str:
    """A bound; large powers of two as such."""
    bits = int(value).bit_length() - 1
    return f"2^{bits}" if bits > 30 and value == 2**bits else f"{value:,.15g}"
