"""The reports, from the JSON Schemas of their models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from lilogic.report.schemas import SCHEMAS

from .tables import table

Schema = Mapping[str, Any]

SOURCES = {
    "metadata": "`Model.metadata` in Python; `graph.metadata` of a [`.lgn` file](lgn.md#metadata)",
    "model": "`lilogic import --json`, `lilogic minimize --json`; `Model.summary()` in Python",
    "zoo": "`lilogic zoo --json`, an object with one entry for each network",
    "cost": "`lilogic estimate --json`",
    "frontier": "`lilogic frontier --json`, and `frontier.json` in its folder",
    "explanation": "`lilogic explain --json`; `Model.explain()` in Python",
    "formula": "`lilogic explain --formula --json`",
    "evaluation": "`lilogic eval --json`",
    "training": "`lilogic train --json`, and `summary.json` in the run folder",
    "folds": "`lilogic train --folds N --json`, and `folds.json` in its folder",
    "seeds": "`lilogic train --seeds N --json`, and `seeds.json` in its folder",
    "sweep": "`lilogic sweep --json`, and `sweep.json` in its folder",
    "report": "`lilogic compile --json`, `lilogic report --json` and `lilogic demo --json`, and "
    "`report.json` in the folder that they write; `Build.report()` in Python",
    "verification": "`lilogic verify --json`; `Build.verify()` in Python",
    "simulation": "part of the verification; `simulation.json` in the folder of a simulation",
    "activity": "`lilogic activity --json`",
    "datasheet": "`lilogic datasheet --json`",
    "pipeline": "`lilogic sweep-pipeline --json`",
    "board": "`lilogic synth --json`, and `report.json` in its folder; `Model.synthesize()` in "
    "Python",
    "board-measurement": "`lilogic bench-board --json`, beside `model`, `dataset` and `simulated`",
    "tapeout": "`lilogic export --to tinytapeout --json`",
    "diagnosis": "`lilogic doctor --json`",
}
"""What writes each report."""


def markdown() -> str:
    """A section for each report, with its objects; those of several reports come at the end."""
    return "\n\n".join(Reports().blocks())


class Reports:
    """The objects of all reports, by one name each.

    Attributes:
        objects: the schema of each object.
        roots: the object that each report is.
        users: which reports have an object.
    """

    def __init__(self) -> None:
        found, whole = models_json_schema(
            [(model, "serialization") for model in SCHEMAS.values()],
            ref_template="{model}",
        )
        self.objects: dict[str, Schema] = whole["$defs"]
        self.roots = {
            name: found[model, "serialization"]["$ref"] for name, model in SCHEMAS.items()
        }
        self.users: dict[str, list[str]] = {}
        for report, root in self.roots.items():
            for name in self._within(root, {}):
                self.users.setdefault(name, []).append(report)

    def blocks(self) -> Iterator[str]:
        """The page, block by block."""
        for report, root in self.roots.items():
            yield f"## {report}"
            yield self.objects[root]["description"]
            yield f"Written by: {SOURCES[report]}. [JSON Schema](schemas/{report}.json)"
            yield self._fields(root)
            for name in self._within(root, {}):
                if self.users[name] == [report] and name != root:
                    yield from self._object(name)
        yield "## Shared objects"
        yield "Several reports have these objects."
        for name, users in self.users.items():
            if len(users) > 1 and name not in self.roots.values():
                yield from self._object(name)

    def _within(self, name: str, seen: dict[str, None]) -> dict[str, None]:
        """An object and those that its fields hold, in the order of fields."""
        if name not in seen:
            seen[name] = None
            for inner in _references(self.objects[name]):
                self._within(inner, seen)
        return seen

    def _object(self, name: str) -> Iterator[str]:
        schema = self.objects[name]
        yield f"### {_title(schema)} {{ #{self._anchor(name)} }}"
        yield schema["description"]
        if "properties" in schema:
            yield self._fields(name)
        else:
            yield f"One of {', '.join(f'`{value}`' for value in schema['enum'])}."

    def _fields(self, name: str) -> str:
        schema = self.objects[name]
        rows = (
            (
                f"`{field}`",
                self._type(of) + ("" if field in schema.get("required", ()) else ", optional"),
                of.get("description", ""),
            )
            for field, of in schema["properties"].items()
        )
        return table(("field", "type", "meaning"), rows)

    def _type(self, field: Schema) -> str:
        """The type of a field in words; objects are links."""
        if "$ref" in field:
            name = field["$ref"]
            return f"[{_title(self.objects[name])}](#{self._anchor(name)})"
        if several := field.get("anyOf") or field.get("oneOf"):
            return " or ".join(self._type(one) for one in several if one.get("type") != "null")
        if values := field.get("enum") or [field[key] for key in ("const",) if key in field]:
            return ", ".join(f"`{value}`" for value in values)
        match field.get("type", "any"):
            case "array" if "prefixItems" in field:
                return f"({', '.join(map(self._type, field['prefixItems']))})"
            case "array":
                return f"list of {self._types(field['items'])}"
            case "object" if isinstance(field.get("additionalProperties"), dict):
                return f"object of {self._types(field['additionalProperties'])}"
            case kind:
                return str(kind)

    def _types(self, field: Schema) -> str:
        """The type of several values in words."""
        one = self._type(field)
        return f"{one}s" if one in ("string", "number", "integer") else one

    def _anchor(self, name: str) -> str:
        if name in self.roots.values():
            return next(report for report, root in self.roots.items() if root == name)
        return name.removeprefix("lilogic__").replace("__", "-").lower()


def _title(schema: Schema) -> str:
    title: str = schema["title"]
    return title


def _references(schema: Any) -> Iterator[str]:
    """The names of the objects that a schema refers to."""
    if isinstance(schema, Mapping):
        if isinstance(schema.get("$ref"), str):
            yield schema["$ref"]
        for value in schema.values():
            yield from _references(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from _references(value)
