"""What the command says of networks with and without data, images, tables and bits."""

import json
from pathlib import Path

import pytest
from PIL import Image

import lilogic as package
from lilogic.graph import lgn
from lilogic.report.models.explanation import Explanation, Formula
from tests.lilogic.cli.command import assert_one_line, write_graph
from tests.strategies import random_graph


@pytest.fixture
def bits(tmp_path) -> Path:
    write_graph(tmp_path / "bits.lgn")
    return tmp_path / "bits.lgn"


def test_an_image_has_heat_maps_and_json(lilogic, tmp_path):
    picture = tmp_path / "digits.png"
    status, out, err = lilogic(
        "explain", "digits", "--samples", 50, "--repeats", 2, "--picture", picture, "--json"
    )
    assert status == 0, err
    found = Explanation.model_validate(json.loads(out))
    assert (found.basis.dataset, found.basis.samples, found.image) == ("digits", 50, (8, 8))
    assert [one.name for one in found.features][9] == "pixel (1, 1)"
    assert found.formula is None
    assert "too large" in (found.too_large or "")
    width, height = Image.open(picture).size
    assert width > 500 < height
    from_python = package.load("digits").explain(samples=50, repeats=2, progress=False)
    assert from_python == found


def test_bits_without_data_are_random_and_the_formula_is_written(lilogic, bits):
    status, out, _ = lilogic("explain", bits)
    assert status == 0
    assert "random bits, because no data set is given or recorded" in " ".join(out.split())
    assert "bit 2" in out
    assert "score of 0: " in out


def test_the_formula_alone_of_one_class(lilogic, bits):
    status, out, _ = lilogic("explain", bits, "--formula", "--class", 1, "--json")
    assert status == 0
    (score,) = Formula.model_validate(json.loads(out)).scores
    assert score.name == "1"
    status, out, _ = lilogic("explain", bits, "--formula", "--class", 1)
    assert out.startswith("score of 1: ")


def test_bars_of_bits(lilogic, bits, tmp_path):
    status, _, err = lilogic("explain", bits, "--picture", tmp_path / "bits.svg", "--class", 0)
    assert status == 0, err
    assert (tmp_path / "bits.svg").read_text("utf-8").startswith("<?xml")


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--class", "cat"], "no class cat; it has 0, 1"),
        (["--class", "7"], "no class 7; it has 0, 1"),
        (["--data", "digits"], "digits: bits have shape"),
        (["--data", "nothing.npz"], "nothing.npz: no such file"),
        (["--picture", "it.txt"], "it.txt: unknown picture format"),
        (["--picture", "it.png", "--formula"], "--formula and --picture cannot be combined"),
    ],
)
def test_what_cannot_be_explained_is_one_line(lilogic, bits, options, problem):
    status, _, err = lilogic("explain", bits, *options)
    lines = err.splitlines(keepends=True)
    assert_one_line(status, lines[-1], problem)


def test_a_formula_that_is_too_large_is_one_line(lilogic, tmp_path):
    path = tmp_path / "large.lgn"
    lgn.write(random_graph((1500,), 300, 2), path)
    status, _, err = lilogic("explain", path, "--formula")
    assert_one_line(status, err, "large", "different nodes, but at most 300")
