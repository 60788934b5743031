"""Models give the JSON that they were read from, key for key."""

import json

import pytest
from pydantic import ValidationError

from lilogic.report.models.area import AreaReport
from lilogic.report.models.board import BoardMeasurement
from lilogic.report.models.timing import PipelineReport, TimingReport

GENERIC = {"cells": 3, "nand2": 7.5, "ffs": 0, "depth": 2}
AREA = {
    "tool": "Yosys 0.70",
    "flattened": True,
    "targets": {
        "generic": {
            "unit": "2-input cells",
            "parts": {"gates": GENERIC},
            "total": GENERIC,
            "types": {"gates": {"$_XOR_": 3}, "total": {"$_XOR_": 3}},
        }
    },
}
FITS = {
    "luts": 10,
    "ffs": 3,
    "latency": 2,
    "fits": True,
    "seed": 1,
    "used": 20,
    "available": 7680,
    "fmax_mhz": 81.29,
    "samples_per_second": 81290000,
}
TOO_LARGE = {"luts": 10, "ffs": 3, "latency": 2, "fits": False, "reason": "no BELs remaining"}
SWEEP = {
    "name": "digits",
    "device": "iCE40 HX8K",
    "points": [{"levels_per_stage": 1} | FITS, {"levels_per_stage": 2} | TOO_LARGE],
}
MEASURED = {
    "images": 50,
    "accuracy": 0.98,
    "agreement": 1.0,
    "repeated": 0,
    "images_per_second": 2272.7,
    "latency": 6,
    "latency_ns": 197.5,
    "clock_hz": 30375000,
    "core_images_per_second": 30375000,
    "data": "bits",
    "data_bytes": 40,
}
CASES = [
    (AreaReport, AREA),
    (TimingReport, FITS),
    (TimingReport, TOO_LARGE),
    (PipelineReport, SWEEP),
    (BoardMeasurement, MEASURED),
]


@pytest.mark.parametrize(("model", "written"), CASES)
def test_what_is_read_is_written_again(model, written):
    report = model.model_validate_json(json.dumps(written))
    made = report.model_dump(mode="json", exclude_none=True)
    # Numbers that are whole stay so.
    assert json.dumps(made, sort_keys=True) == json.dumps(written, sort_keys=True)


@pytest.mark.parametrize(("model", "written"), CASES)
def test_unknown_keys_are_refused(model, written):
    with pytest.raises(ValidationError, match="nosuch"):
        model.model_validate(written | {"nosuch": 1})
