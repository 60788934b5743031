import json
from contextlib import contextmanager

import numpy as np
import pytest
from PIL import Image

from lilogic.boards.host.client import Client
from lilogic.data import datasets
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.zoo import models
from tests.boards.line import SoftwareBoard

GRAPH = passes.simplify(models.load("digits"))


@pytest.fixture
def board(monkeypatch):
    """A board in software in the place of whatever the command line would connect to."""
    made = SoftwareBoard(GRAPH)

    @contextmanager
    def connect(network, *how):
        yield Client(made, GRAPH)

    monkeypatch.setattr("lilogic.cli.boards._client", connect)
    return made


@pytest.fixture
def pictures(tmp_path):
    """PNGs of test images in 8 bits, eight times as large."""
    data = datasets.load("digits")
    paths = [tmp_path / f"{number}.png" for number in range(5)]
    for path, image in zip(paths, data.x_test, strict=False):
        Image.fromarray((image * 255.0 / 16).round().astype(np.uint8)).resize((64, 64)).save(path)
    return paths


def expected():
    return golden.predict(GRAPH, datasets.load("digits").x_test[:5]).tolist()


def test_images_are_classified(lilogic, board, pictures):
    status, out, _ = lilogic("classify", *pictures, "--simulate", "--json")
    assert status == 0
    answers = json.loads(out)
    assert [answer["index"] for answer in answers] == expected()
    assert [answer["image"] for answer in answers] == list(map(str, pictures))
    assert len(answers[0]["scores"]) == 10


def test_dark_on_light_is_inverted(lilogic, board, pictures):
    for path in pictures:
        with Image.open(path) as image:
            inverted = 255 - np.asarray(image)
        Image.fromarray(inverted).save(path)
    status, out, _ = lilogic("classify", *pictures, "--invert", "--simulate", "--json")
    assert status == 0
    assert [answer["index"] for answer in json.loads(out)] == expected()


def test_what_is_assumed_of_pictures_is_said(lilogic, board, pictures):
    """Ink on a transparent ground is read as ink on paper."""
    for path in pictures:
        with Image.open(path) as image:
            ink = Image.fromarray(np.pad(np.asarray(image), 32))
        Image.merge("LA", (Image.new("L", ink.size, 0), ink)).save(path)
    status, _, err = lilogic("classify", *pictures, "--simulate")
    assert status == 0
    first, second = err.splitlines()
    assert first.endswith("4 more: transparent parts are taken as white (--ground white|black)")
    assert second.endswith("but the network was trained on light on dark (--invert)")
    status, _, err = lilogic(
        "classify", *pictures, "--invert", "--ground", "white", "--simulate", "--json"
    )
    assert (status, err) == (0, "")


def test_the_bench_measures_accuracy_and_agreement(lilogic, board):
    status, out, _ = lilogic("bench-board", "--simulate", "--limit", 50, "--json")
    assert status == 0
    result = json.loads(out)
    assert result["images"] == 50
    assert result["agreement"] == 1.0
    data = datasets.load("digits")
    assert result["accuracy"] == golden.accuracy(GRAPH, data.x_test[:50], data.y_test[:50])
    assert "images per second (simulated)" in lilogic("bench-board", "--simulate")[1]


def test_a_board_that_disagrees_fails_the_bench(lilogic, board, pictures):
    # Of the same name and shape, but another network.
    heads = GRAPH.heads
    board.graph = GateGraph.build(
        GRAPH.n_inputs,
        list(GRAPH.rows()),
        [head.tolist() for head in heads[1:] + heads[:1]],
        GRAPH.offset.tolist(),
        GRAPH.encoder,
    )
    status, out, _ = lilogic("bench-board", "--simulate", "--limit", 5, "--json")
    assert status == 1
    mismatch = json.loads(out)["mismatch"]
    assert mismatch["expected"]["scores"] != mismatch["got"]["scores"]
    assert "first mismatch" in lilogic("bench-board", "--simulate", "--limit", 5)[1]
    status, out, err = lilogic("classify", pictures[0], "--simulate", "--json")
    assert status == 1
    assert len(json.loads(out)) == 1
    assert f"lilogic: {pictures[0]}: the board says class " in err
    assert ", but software says class " in err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((), "pass either the board's serial port with --port, or --simulate"),
        (("--port", "/dev/x", "--simulate"), "with --port, or --simulate"),
        (("--port", "/dev/nothing"), "/dev/nothing: cannot be opened"),
        (("--simulate", "--model", "nosuch"), "nosuch: no such run folder"),
        (("--simulate", "nofile.png"), "nofile.png: no such file"),
    ],
)
def test_wrong_calls_give_one_line(lilogic, pictures, arguments, text):
    status, _, err = lilogic("classify", pictures[0], *arguments)
    assert status == 2
    assert err.startswith("lilogic: ")
    assert text in err
    assert err.count("\n") == 1


def test_an_input_that_the_board_does_not_read_is_refused(lilogic, pictures, monkeypatch):
    @contextmanager
    def port(*_):
        yield SoftwareBoard(GRAPH)

    monkeypatch.setattr("lilogic.boards.host.client.SerialPort", port)
    arguments = ("classify", pictures[0], "--port", "/dev/x", "--input")
    assert lilogic(*arguments, "bits")[0] == 0
    status, _, err = lilogic(*arguments, "features")
    assert status == 2
    assert err == "lilogic: the board reads bits, not features; omit --input\n"


@pytest.mark.slow
def test_pictures_are_classified_by_the_circuit(lilogic, pictures, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for _ in range(2):
        status, out, err = lilogic("classify", *pictures, "--simulate", "--json")
        assert status == 0, err
        assert [answer["index"] for answer in json.loads(out)] == expected()
    (kept,) = (tmp_path / "lilogic" / "simulations").iterdir()
    assert [path.name for path in kept.iterdir()] == ["board"]
