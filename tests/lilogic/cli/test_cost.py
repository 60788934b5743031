import json
from pathlib import Path

import pytest

from lilogic import planning
from lilogic.data.datasets import Dataset
from tests.lilogic.cli.command import assert_one_line

pytestmark = pytest.mark.xdist_group("command line")


def test_a_network_is_estimated(lilogic):
    status, out, _ = lilogic("estimate", "digits", "--target", "ice40", "--json")
    assert status == 0
    found = json.loads(out)
    assert found["unit"] == "LUT4"
    assert not found["drawn"]
    assert found["total"] == sum(found["parts"].values())
    status, out, _ = lilogic("estimate", "digits", "--target", "ice40")
    assert f"{found['total']:,}" in out
    assert "median" in out


def test_a_recipe_is_estimated_where_no_network_is_called_so(lilogic, recipe):
    status, out, _ = lilogic("estimate", recipe, "--target", "xc7", "--json")
    assert status == 0
    assert json.loads(out)["drawn"]
    status, out, _ = lilogic("estimate", "digits", "--recipe", "--target", "xc7", "--json")
    assert json.loads(out)["drawn"]
    _, smaller, _ = lilogic(
        "estimate", "digits", "--target", "xc7", "--json", "--set", "net.layers=[50, 50]"
    )
    assert json.loads(smaller)["total"] < json.loads(out)["total"]


def test_an_unknown_target_names_the_flag(lilogic):
    status, _, err = lilogic("estimate", "digits", "--target", "z80")
    assert_one_line(status, err, "'z80' is not one of xc7", "--target")


@pytest.mark.slow
def test_training_meets_a_budget_and_goes_on(lilogic, recipe, tmp_path):
    budget = ("--set", "budget.target=xc7", "--set", "budget.luts=60", "--set", "train.epochs=1")
    status, out, err = lilogic("train", recipe, "-o", tmp_path / "run", *budget, "--json")
    assert status == 0
    assert "nodes fit the budget of 60 LUT6 on xc7" in err
    summary = json.loads(out)
    assert summary["budget"] == 60
    assert summary["cost"]["target"] == "xc7"
    again, out, _ = lilogic("train", recipe, "-o", tmp_path / "run", *budget, "--json")
    assert again == 0
    assert json.loads(out) == summary


def test_a_frontier_trains_each_budget_once(lilogic, recipe, tmp_path):
    folder = tmp_path / "sweep"
    words = ("frontier", recipe, "--target", "xc7", "--budget", 80, "--budget", 40)
    words = (*words, "--set", "train.epochs=1", "-o", folder, "--json")
    status, out, _ = lilogic(*words)
    assert status == 0
    found = json.loads(out)
    assert [one["budget"] for one in found["points"]] == [40, 80]
    assert all(one["chosen"] for one in found["points"])
    assert json.loads((folder / "frontier.json").read_text()) == found
    assert (folder / "frontier.png").read_bytes().startswith(b"\x89PNG")
    models = sorted(folder.glob("*/model.lgn"))
    assert len(models) == 2
    before = [model.stat().st_mtime_ns for model in models]
    assert lilogic(*words)[1] == out
    assert [model.stat().st_mtime_ns for model in models] == before


@pytest.mark.parametrize(("target", "inputs"), [("ice40", 4), ("sky130", 2)])
def test_a_data_set_gets_a_recipe_that_is_cheap_on_the_target(target, inputs):
    from lilogic.cost import targets
    from lilogic.data import datasets
    from lilogic.learn.planning import frontier

    data: Dataset = datasets.load("digits")
    made, _ = frontier.base(data, targets.find(target), {"train.epochs": 3})
    assert made.train.epochs == 3
    first = made.net.layers[0]
    assert getattr(first, "inputs", 2) == inputs
    assert planning.estimate(data, target).total > 0


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (
            ("datasheet", "wine", "-o", "sheet.pdf"),
            "sheet.pdf: a data sheet is an HTML page; use the suffix .html",
        ),
        (("activity", "wine", "--saif", "."), ".: cannot be written"),
        (("activity", "wine", "--liberty", "none.lib"), "none.lib: no such file"),
        (("activity", "wine", "--clock", "50"), "--target"),
        (("activity", "wine", "--slew", "0.2"), "add --liberty FILE"),
        (("activity", "wine", "--frequency", "50"), "without --liberty, --saif or --vcd"),
        (("datasheet", "wine", "--wire", "1"), "add --liberty FILE"),
    ],
)
def test_what_cannot_be_is_refused_at_once(lilogic, tmp_path, monkeypatch, arguments, reason):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    assert (status, err.count("Traceback")) == (2, 0)
    assert reason in err.splitlines()[-1]


@pytest.mark.slow
def test_activity_of_mapped_cells_and_its_files(lilogic, tmp_path):
    library = Path(__file__).parents[2] / "hdl" / "power" / "library.lib"
    files = {
        option: tmp_path / f"wine{suffix}"
        for option, suffix in {
            "saif": ".saif",
            "vcd": ".vcd",
            "output": ".csv",
            "netlist": ".v",
        }.items()
    }
    given = [word for option, path in files.items() for word in (f"--{option}", path)]
    status, out, err = lilogic(
        "activity",
        "wine",
        "--liberty",
        library,
        "--samples",
        20,
        "--frequency",
        50,
        "--json",
        *given,
    )
    assert status == 0, err
    report = json.loads(out)
    assert (report["samples"], report["mapped"]) == (20, True)
    energy = report["energy"]
    assert energy["clock_mhz"] == 50
    parts = energy["parts"].values()
    total = sum(part["switching_pj"] + part["internal_pj"] + part["clock_pj"] for part in parts)
    assert energy["energy_pj"] == pytest.approx(total + energy["leakage_pj"])
    assert report["total"]["signals"] == energy["total"]["cells"] + energy["total"]["registers"]
    assert all(path.stat().st_size for path in files.values())
    assert f"(DURATION {(20 + report['latency']) * 20_000})" in files["saif"].read_text()
