"""The summary of a training is typed, and its JSON is what programs read."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from lilogic.data.datasets import Dataset
from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.graph import GateGraph, gates
from lilogic.report import tables
from lilogic.report import training as reports
from lilogic.report.models.gates import FanOut
from lilogic.report.models.training import TrainingSummary
from lilogic.version import __version__

TRAINING = {"epochs": 4, "seconds": 1.5, "device": "cpu", "threads": 1}


def summary(
    layers: Sequence[dict[str, Any]] = ({"gates": 3}, {"gates": 3}),
    net: Mapping[str, Any] = {},
    **training: Any,
) -> TrainingSummary:
    """Of two layers of three gates over three bits; layer 2 is all constants and buffers."""
    first = [(gates.AND, 0, 1), (gates.NOT_A, 1, 2), (gates.TRUE, 2, 2)]
    second = [(gates.FALSE, 3, 4), (gates.B, 5, 3), (gates.A, 3, 4)]
    accuracy = {"validation_soft": 0.75, "validation_frozen": 0.5}
    metadata: dict[str, Any] = {
        "dataset": "bits",
        "accuracy": accuracy,
        "training": TRAINING | training,
    }
    metadata |= {"layers": list(layers), "recipe": {"net": net}}
    graph = GateGraph.build(3, [*first, *second], [[6, 7], [8, 8]], metadata=metadata)
    return reports.summarize("tiny", graph)


def test_its_json_has_everything() -> None:
    found = summary().to_json()
    (warning,) = found.pop("warnings")
    assert warning.startswith("layer 2 does little")
    assert found == {
        "name": "tiny",
        "version": __version__,
        "dataset": "bits",
        "accuracy": {"validation_soft": 0.75, "validation_frozen": 0.5},
        "gates": {
            "trained": 6,
            "count": 6,
            "simplified": 1,
            "depth": 2,
            "ops": {"FALSE": 1, "AND": 1, "A": 1, "B": 1, "NOT_A": 1, "TRUE": 1},
        },
        "training": TRAINING,
        "gap": {"validation": 0.25},
        "inputs": {"max": 2, "mean": 1.0, "unread": 1},
        "layers": [
            {
                "gates": 3,
                "constants": 1,
                "pass_through": passing,
                "fan_out": {"max": 2, "mean": mean, "unread": unread},
            }
            for passing, mean, unread in ((1, 2 / 3, 2), (2, 4 / 3, 0))
        ],
    }
    assert list(found)[:3] == ["name", "version", "dataset"]


def test_the_test_split_says_how_good_it_is_and_what_an_accuracy_hides() -> None:
    encoder = Encoder(preprocessing=Preprocessing((1,), "uint8"), feature=[0], threshold=[9])
    graph = GateGraph.build(1, [(gates.TRUE, 0, 0)], [[1], []], [0, 0], encoder)
    x = np.zeros((4, 1), np.uint8)
    data = Dataset("bits", x, np.arange(4) % 2, x, np.arange(4) // 3, 2, ("good", "bad"))
    made = reports.summarize("tiny", graph, data)
    assert made.balanced_accuracy == 0.5
    assert made.test_interval is not None
    assert made.test_interval.low < 0.75 < made.test_interval.high
    assert [line.split("'")[1] for line in made.warnings] == ["bad", "good"]
    rows = dict(tables.training_rows(made))
    assert rows["balanced accuracy (test)"] == "50.00%"
    assert rows["95% interval (test)"] == str(made.test_interval)
    empty = dataclasses.replace(data, x_test=x[:0], y_test=np.zeros(0, int))
    assert reports.summarize("tiny", graph, empty).test_interval is None


def test_gates_that_began_as_pass_through_may_stay_so() -> None:
    passing = {"initial": "pass-through"}
    assert summary(net=passing).warnings == ()
    assert summary(net={"initial": "normal", "layers": [3, passing]}).warnings == ()
    assert len(summary(net={"initial": "normal", "layers": [3, 3]}).warnings) == 1


def test_filters_are_named_with_their_places() -> None:
    convolution = {"gates": 3, "filters": 1, "places": (3, 1)}
    made = summary(layers=[convolution, {"gates": 3}])
    assert (made.layers[0].filters, made.layers[0].places) == (1, (3, 1))
    rows = dict(tables.training_rows(made))
    assert rows["layer 1"].startswith("1 filter at 3×1 places, 3 gates, 1 constant")
    assert rows["layer 2"].startswith("3 gates, 1 constant")


@pytest.mark.parametrize("training", [{}, {"members": 3}])
def test_it_is_the_same_after_a_round_trip(training: dict[str, Any]) -> None:
    made = summary(**training)
    text = json.dumps(made.to_json())
    assert TrainingSummary.model_validate_json(text) == made
    assert ("members" in json.loads(text)["training"]) == ("members" in training)


def test_it_cannot_be_changed_and_takes_nothing_unknown() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        summary().inputs.max = 3  # type: ignore[misc]
    with pytest.raises(ValidationError, match="-1"):
        FanOut(max=-1, mean=0.0, unread=0)
    with pytest.raises(ValidationError, match="minutes"):
        TrainingSummary.model_validate(summary().to_json() | {"minutes": 3})
