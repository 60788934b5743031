import csv
import io
import json
import os

import numpy as np
import pytest
from PIL import Image

import lilogic as package
from lilogic.data import datasets
from tests.lilogic.cli.command import assert_one_line, loaded, write_graph

DIGITS = datasets.load("digits")
COUNT = 6


@pytest.fixture
def pictures(tmp_path):
    """PNGs of test images in 8 bits, eight times as large."""
    paths = [tmp_path / f"{number}.PNG" for number in range(COUNT)]
    for path, image in zip(paths, DIGITS.x_test, strict=False):
        Image.fromarray((image * 255.0 / 16).round().astype(np.uint8)).resize((64, 64), 0).save(
            path
        )
    return paths


@pytest.fixture
def array(tmp_path):
    np.save(tmp_path / "x.npy", DIGITS.x_test[:COUNT])
    return tmp_path / "x.npy"


SCORES = package.load("digits").scores(DIGITS.x_test[:COUNT])


def test_pictures_and_arrays_are_classified(lilogic, pictures, array):
    status, out, err = lilogic("predict", "digits", *pictures, array, "--json")
    assert (status, err) == (0, "")
    answers = json.loads(out)
    assert len(answers) == 2 * COUNT
    for answer, scores in zip(answers, [*SCORES, *SCORES], strict=True):
        assert answer["scores"] == scores.tolist()
        assert answer["index"] == scores.argmax()
        assert answer["class"] == str(scores.argmax())
        assert answer["margin"] == scores.max() - sorted(scores)[-2]
    assert [answer["file"] for answer in answers] == [*map(str, pictures), *[str(array)] * COUNT]
    assert [answer["sample"] for answer in answers] == [0] * COUNT + [*range(COUNT)]


def test_a_table_names_class_and_lead(lilogic, pictures, monkeypatch):
    monkeypatch.chdir(pictures[0].parent)
    status, out, _ = lilogic("predict", "digits", pictures[0].name)
    lead = SCORES[0].max() - sorted(SCORES[0])[-2]
    assert status == 0
    assert f"{SCORES[0].argmax()}, margin {lead}, scores {SCORES[0][0]} " in out


def test_csv_and_json_may_be_written(lilogic, array, tmp_path):
    status, out, _ = lilogic("predict", "digits", array, "--csv")
    assert status == 0
    header, *rows = csv.reader(io.StringIO(out))
    assert header == [
        "file",
        "sample",
        "class",
        "index",
        "margin",
        *(f"score of {i}" for i in range(10)),
    ]
    assert [[*map(int, row[5:])] for row in rows] == SCORES.tolist()
    path = tmp_path / "out.CSV"
    assert lilogic("predict", "digits", array, "-o", path)[:2] == (0, "")
    assert path.read_text() == out
    path = tmp_path / "out.json"
    assert lilogic("predict", "digits", array, "-o", path)[0] == 0
    assert [answer["scores"] for answer in json.loads(path.read_text())] == SCORES.tolist()
    status, _, err = lilogic("predict", "digits", array, "-o", tmp_path / "out.txt")
    assert_one_line(status, err, "out.txt: unknown format; use the suffix .csv or .json")


def test_names_may_have_any_bytes(lilogic, array, tmp_path):
    odd = os.fsencode(tmp_path) + b"/\xff,\n.npy"
    os.rename(array, odd)
    assert lilogic("predict", "digits", os.fsdecode(odd), "-o", tmp_path / "out.csv")[0] == 0
    assert b'/\xff,\n.npy",0,' in (tmp_path / "out.csv").read_bytes()


def test_ink_on_paper_is_warned_of_with_the_option(lilogic, pictures):
    for path in pictures:
        with Image.open(path) as image:
            inverted = 255 - np.asarray(image)
        Image.fromarray(np.pad(inverted, 64, constant_values=255)).save(path)
    status, _, err = lilogic("predict", "digits", *pictures)
    assert status == 0
    assert err.startswith(
        f"lilogic: warning: {pictures[0]} and {COUNT - 1} more: looks dark on light"
    )
    assert err.endswith("(--invert)\n")
    assert lilogic("predict", "digits", *pictures, "--invert")[2] == ""


def test_a_transparent_ground_is_said_with_the_option(lilogic, pictures):
    with Image.open(pictures[0]) as image:
        Image.merge("LA", (Image.new("L", image.size, 255), image.convert("L"))).save(pictures[0])
    status, out, err = lilogic("predict", "digits", pictures[0], "--csv")
    assert (status, out.splitlines()[1].split(",")[2]) == (0, str(SCORES[0].argmax()))
    assert err == (
        f"lilogic: warning: {pictures[0]}: transparent parts are taken as black, "
        "as all that shows is light (--ground white|black)\n"
    )
    assert lilogic("predict", "digits", pictures[0], "--ground", "black")[2] == ""


def test_bits_are_samples_of_networks_without_encoder(lilogic, tmp_path, pictures):
    graph = write_graph(tmp_path / "net.lgn")
    bits = np.array([[0, 0, 1], [1, 1, 0]])
    np.save(tmp_path / "bits.npy", bits)
    status, out, _ = lilogic("predict", tmp_path / "net.lgn", tmp_path / "bits.npy", "--json")
    assert status == 0
    expected = package.Model(graph, "net").scores(bits).tolist()
    assert [answer["scores"] for answer in json.loads(out)] == expected
    status, _, err = lilogic("predict", tmp_path / "net.lgn", pictures[0])
    assert_one_line(status, err, "0.PNG: not an array, but the network reads samples of shape (3,)")


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (["nofile.png"], "nofile.png: no such file"),
        (["."], ".: cannot be read"),
        ([], "FILE"),
        (["text.png"], "text.png: not an image"),
        (["several.npz"], "name one: a, b (--array NAME)"),
    ],
)
def test_wrong_files_give_one_line(lilogic, tmp_path, monkeypatch, files, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("no picture")
    np.savez(tmp_path / "several.npz", a=1, b=2)
    status, _, err = lilogic("predict", "digits", *files)
    assert_one_line(status, err, words)


def test_arrays_need_no_pillow_and_nothing_heavy(array, tmp_path):
    command = ["predict", "digits", str(array), "--csv"]
    assert loaded(["PIL", "torch", "amaranth", "sklearn"], [command], tmp_path) == ""
