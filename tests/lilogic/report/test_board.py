"""Board reports: what is written as JSON, and as a table."""

import json

import pytest
from pydantic import ValidationError

from lilogic.report import board
from lilogic.report.models.board import BoardReport

# As it is in the file that stands beside a bitstream.
ROUTED = {
    "name": "digits",
    "network": "89ab",
    "board": "icebreaker",
    "device": "iCE40UP5K",
    "version": "1.0",
    "tools": ["yosys 1", "nextpnr-ice40 2", "icepack 3"],
    "clock": {"hz": 30_375_000.0, "board_hz": 12e6, "dividers": {"DIVR": 0, "DIVF": 80}},
    "luts": {"unit": "LUT4", "needed": 3550, "available": 5280},
    "ffs": {"needed": 2393, "available": 5280},
    "carries": 900,
    "levels_per_stage": 2,
    "interval": 1,
    "latency": {"cycles": 6, "ns": 197.53},
    "link": {"baud": 1_000_000, "data": "bits", "request_bytes": 44, "reply_bytes": 8},
    "images_per_second": {"core": 30_375_000.0, "link": 2272.7},
    "fmax_hz": 32_400_000.0,
    "used": {
        "ICESTORM_LC": {"used": 4103, "available": 5280},
        "WARMBOOT": {"used": 1, "available": 0},
    },
    "inputs": "0123",
    "files": {"digits-icebreaker.bin": "4567"},
}
PROJECT = {key: ROUTED[key] for key in ROUTED if key not in ("fmax_hz", "used")}


@pytest.mark.parametrize("written", [ROUTED, PROJECT], ids=["routed", "project"])
def test_a_report_is_written_as_it_is_read(written):
    report = BoardReport.model_validate_json(json.dumps(written))
    made = report.model_dump(mode="json", exclude_none=True)
    assert made == written
    assert made["clock"].keys() == written["clock"].keys()


def test_a_report_cannot_be_changed():
    with pytest.raises(ValidationError, match="frozen"):
        BoardReport.model_validate(ROUTED).carries = 1


def test_rows_say_what_came_out():
    rows = dict(board.rows(BoardReport.model_validate(ROUTED)))
    assert rows["board"] == "icebreaker (iCE40UP5K)"
    assert rows["LUT4 estimated"] == "3,550 of 5,280 (67%)"
    assert rows["used: ICESTORM_LC"] == "4,103 of 5,280 (78%)"
    assert rows["used: WARMBOOT"] == "1 of 0"
    assert rows["clock"] == "30.38 MHz"
    assert rows["Fmax"] == "32.40 MHz, timing met"
    assert rows["latency"] == "6 cycles, 198 ns"
    assert rows["link"] == "1,000,000 baud, bits, 44 bytes to the board, 8 back"
    assert rows["digits-icebreaker.bin"] == "SHA-256 4567"


def test_without_place_and_route_the_clock_is_unknown():
    rows = dict(board.rows(BoardReport.model_validate(PROJECT)))
    assert rows["Fmax"] == "unknown until the vendor's tools place and route"
    assert not any(label.startswith("used") for label in rows)
