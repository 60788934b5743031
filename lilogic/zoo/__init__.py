"""The zoo: trained networks that lilogic brings along, as ``.lgn`` files in this folder."""

from __future__ import annotations

import re
import statistics
from pathlib import Path
from typing import Any

from lilogic.graph import GateGraph, lgn, passes
from lilogic.report.reports import trained_gates

FOLDER = Path(__file__).parent


def names() -> list[str]:
    """The networks that there are; a name has no dot or slash, so it is never taken for a path."""
    return sorted(file.stem for file in FOLDER.glob("*.lgn") if re.fullmatch(r"[\w-]+", file.stem))


def path(name: str) -> Path:
    """The file of the network of that name, which must be one of ``names``."""
    return FOLDER / f"{name}.lgn"


def describe(name: str) -> dict[str, Any]:
    """What is recorded of a network; how many gates passes leave of it is counted if it is not.

    ``seeds`` has the frozen test accuracies of the recipe's seeds and their mean and standard
    deviation; it is None where the file records none.

    Raises:
        LilogicError: the file is damaged.
    """
    graph = lgn.read(path(name))
    metadata = graph.metadata
    return {
        "name": name,
        "description": metadata.get("description")
        or metadata.get("recipe", {}).get("description", ""),
        "dataset": metadata.get("dataset"),
        "gates": {
            "trained": trained_gates(graph),
            "after_passes": metadata.get("gates_after_passes") or passes.simplify(graph).n_gates,
        },
        "accuracy": metadata.get("accuracy", {}),
        "seeds": _seeds(graph),
        "training": metadata.get("training", {}),
    }


def _seeds(graph: GateGraph) -> dict[str, Any] | None:
    recorded = graph.metadata.get("seeds")
    if not recorded:
        return None
    accuracies = recorded["test_frozen"]
    spread = statistics.stdev(accuracies) if len(accuracies) > 1 else 0.0
    return {**recorded, "mean": statistics.mean(accuracies), "deviation": spread}
