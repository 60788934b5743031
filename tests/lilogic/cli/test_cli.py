import contextvars
import json
import os
import re
import subprocess
import sys

import numpy as np
import pytest

from lilogic import api, build, cli
from lilogic.cli import completion
from lilogic.errors import DataError, LilogicError
from lilogic.files import claimed
from lilogic.graph import lgn
from tests.lilogic.cli.command import assert_one_line, loaded, write_graph

pytestmark = pytest.mark.xdist_group("command line")


def test_help_and_lists_load_nothing_heavy(tmp_path):
    heavy = ["torch", "numba", "numpy", "amaranth", "matplotlib"]
    lists = [[command, "--json"] for command in ("zoo", "boards", "recipes")]
    assert loaded(heavy, [["--help"], *lists], tmp_path) == ""


def test_what_needs_no_torch_loads_none(tmp_path):
    layer = {"gate_types": [[6, 9]], "connections.A": [[0, 1]], "connections.B": [[3, 2]]}
    np.savez(tmp_path / "NET.npz", **layer)
    exports = {"blif": "OUT.blif", "aiger": "OUT.aig", "npz": "OUT.npz", "c": "OUT.c"}
    commands = [
        ["zoo"],
        ["boards"],
        ["recipes", "digits"],
        ["eval", "digits"],
        ["import", "NET.npz", "--classes", "2", "-o", "OUT.lgn"],
        *(["export", "digits", "--to", to, "-o", file] for to, file in exports.items()),
    ]
    assert loaded(["torch", "amaranth", "cocotb"], commands, tmp_path) == ""


def test_version(lilogic):
    from lilogic.version import __version__

    assert lilogic("--version") == (0, f"lilogic {__version__}\n", "")


def test_recipes_are_listed_and_printed(lilogic):
    status, out, _ = lilogic("recipes", "--json")
    assert status == 0
    assert {"digits", "mnist-8k", "fashion-8k"} <= set(json.loads(out))
    status, out, _ = lilogic("recipes", "digits")
    assert status == 0
    assert 'name = "digits"' in out


def test_all_keys_of_recipes_are_listed(lilogic):
    status, out, _ = lilogic("recipes", "--keys", "--json")
    assert status == 0
    found = {key["name"]: key for key in json.loads(out)}
    assert found["train.epochs"].pop("meaning")
    assert found["train.epochs"] == {
        "name": "train.epochs",
        "default": "30",
        "values": "integer ≥ 1",
    }
    status, out, _ = lilogic("recipes", "--keys")
    assert status == 0
    assert "integer ≥ 1; default 30" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["frobnicate"], ["frobnicate", "See lilogic --help"]),
        (["zooo"], ["'zoo'? See lilogic --help"]),
        (["eval"], ["MODEL", "See lilogic eval --help"]),
        (["eval", "digits", "--abacus"], ["--abacus. See lilogic eval --help"]),
        (["eval", "missing.lgn"], ["missing.lgn", "no such"]),
        (["train", "unheard-of"], ["unheard-of", "digits"]),
        (
            ["train", "digits", "--set", "train.epoch=3"],
            ["key train.epoch; did you mean train.epochs? (lilogic recipes --keys lists all)"],
        ),
        (["train", "digits", "--set", "train.epochs=0"], ["train.epochs"]),
        (["train", "digits", "--set", "train.epochs"], ["train.epochs=10"]),
        (["train", "digits", "--set", "net.layers=[105]"], ["105", "10 classes"]),
        (["train", "digits", "--device", "abacus"], ["abacus"]),
        (["train", "digits", "--set", "dataset=missing.npz"], ["missing.npz"]),
        (["train", "digits", "--threads", "0"], ["--threads"]),
        (["recipes", "unheard-of"], ["unheard-of"]),
    ],
)
def test_bad_input_gives_one_line(lilogic, tmp_path, monkeypatch, arguments, expected):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    assert_one_line(status, err, *expected)


def test_only_commands_that_have_it_are_told_of_data(lilogic, tmp_path, capsys):
    path = tmp_path / "net.lgn"
    graph = write_graph(path)
    status, _, err = lilogic("eval", path)
    assert_one_line(status, err, "the model records no data set (--data)")
    assert build.test_samples(api.Model(graph, "net"), True) is None  # as compile and verify do
    assert capsys.readouterr().err == (
        "no test vectors from a data set: the model records no data set\n"
    )


def test_data_that_is_gone_may_be_named_anew(lilogic, tmp_path):
    path, gone = tmp_path / "net.lgn", tmp_path / "gone.npz"
    lgn.write(write_graph(path).with_metadata(dataset=str(gone)), path)
    status, _, err = lilogic("eval", path)
    assert_one_line(status, err, f"{gone}: no such file or folder (--data)")


def test_classes_of_other_names_are_said_to_be_compared_by_number(lilogic, tmp_path):
    path, data = tmp_path / "net.lgn", tmp_path / "own.npz"
    bits, labels = np.array([[0, 0, 1], [1, 1, 0]]), np.array([0, 1])
    np.savez(data, x_train=bits, y_train=labels, x_test=bits, y_test=labels)
    for names, warned in ((["0", "1"], False), (["cat", "dog"], True)):
        lgn.write(write_graph(path).with_metadata(class_names=names), path)
        status, _, err = lilogic("eval", path, "--data", data)
        assert status == 0
        assert ("own.npz: its classes (0, 1) differ from the network's" in err) is warned


def test_images_of_another_look_are_warned_of(lilogic, tmp_path):
    data = tmp_path / "own.npz"
    x, y = np.full((20, 8, 8), 255, np.uint8), np.arange(20) % 10
    np.savez(data, x_train=x, y_train=y, x_test=x, y_test=y)
    status, _, err = lilogic("eval", "digits", "--data", data)
    first, second = (line for line in err.splitlines() if f"{data}: images" in line)
    assert status == 0
    assert f"{data}: images are dark on light, but the network was trained on light on" in first
    assert f"{data}: images have values up to 255, but the network was trained on up to" in second


@pytest.mark.parametrize(
    ("arguments", "known"),
    [
        (["report", "digits", "--target", "z80"], completion.targets),
        (["report", "digits", "--popcount", "abacus"], completion.popcounts),
        (["report", "digits", "--clock", "50"], completion.devices),
        (["report", "digits", "--clock", "50", "--target", "ice40"], completion.devices),
        (["sweep-pipeline", "digits", "--device", "z80"], completion.devices),
        (["export", "digits", "-o", "x", "--to", "pdf"], completion.exports),
        (["synth", "digits", "--board", "abacus"], completion.boards),
        (["train", "digits", "--device", "meta"], completion.training_devices),
        (["eval", "abacus"], completion.models),
        (["recipes", "abacus"], completion.recipes),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_errors_list_every_valid_value(lilogic, tmp_path, monkeypatch, arguments, known):
    monkeypatch.chdir(tmp_path)
    status, _, err = lilogic(*arguments)
    error = err.splitlines(keepends=True)[-1]
    assert_one_line(status, error)
    assert {*known()} <= {*re.findall(r"[\w-]+", error)}


def test_every_command_has_the_options_that_all_have(lilogic):
    for command in cli.COMMANDS:
        status, out, _ = lilogic(command, "-h")
        assert status == 0
        assert all(f" {option} " in out for option in ("--json", "--debug", "-h, --help")), command


def test_help_says_in_a_line_what_each_command_does(lilogic):
    _, out, _ = lilogic("--help")
    for command in cli.COMMANDS:
        (line,) = re.findall(rf"^  {command} +(\S.*)$", out, re.MULTILINE)
        assert re.fullmatch(r".*[^.]\.", line), line  # typer cuts off what is too long: "..."


@pytest.mark.parametrize("command", ["eval", "verify", "report"])
def test_truncated_model(lilogic, run_folder, tmp_path, command):
    path = tmp_path / "cut.lgn"
    path.write_bytes((run_folder / "model.lgn").read_bytes()[:-1])
    status, _, err = lilogic(command, path)
    assert_one_line(status, err, "cut.lgn")


def test_debug_shows_the_traceback():
    command = [sys.executable, "-m", "lilogic", "eval", "missing.lgn", "--debug"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert "Traceback" in done.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "RECIPE"],
        ["demo", "RECIPE"],
        ["import", "NET.npz"],
        ["export", "digits", "--to", "verilog"],
        ["compile", "digits"],
        ["report", "digits"],
        ["synth", "digits"],
        ["sweep-pipeline", "digits"],
        ["predict", "digits", "nosuch.npy"],
    ],
    ids=lambda arguments: arguments[0],
)
def test_outputs_are_tried_before_any_work(lilogic, recipe, tmp_path, arguments):
    (tmp_path / "file").write_text("mine")
    replaced = {"RECIPE": recipe}
    name = {"predict": "below.csv"}.get(arguments[0], "below.png")
    output = tmp_path / "file" / name
    status, _, err = lilogic(*[replaced.get(a, a) for a in arguments], "-o", output)
    assert_one_line(status, err, f"{output}: cannot be written: Not a directory")
    assert (tmp_path / "file").read_text() == "mine"


def test_a_folder_that_another_command_writes_is_left_alone(lilogic, recipe, tmp_path):
    with claimed(tmp_path):
        for command in (["train", recipe], ["compile", "digits"], ["synth", "digits"]):
            status, _, err = in_another_context(lilogic, *command, "-o", tmp_path)
            assert_one_line(status, err, f"{tmp_path}: in use by process {os.getpid()} (")
    assert [*tmp_path.iterdir()] == []


def in_another_context(lilogic, *arguments):
    """What holds a folder may claim it again, so that another process is played."""
    return contextvars.Context().run(lilogic, *arguments)


def test_debug_may_stand_before_or_after_the_command(monkeypatch):
    for arguments in (["--debug", "eval", "missing.lgn"], ["eval", "missing.lgn", "--debug"]):
        monkeypatch.setattr(sys, "argv", ["lilogic", *arguments])
        with pytest.raises(LilogicError):
            cli.main()


@pytest.mark.parametrize("command", ["eval", "report", "train"])
def test_what_is_called_like_something_known_is_said(lilogic, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "digits").mkdir()
    wrong = {"eval": "--data=none", "report": "--popcount=none", "train": "--set=none"}[command]
    status, _, err = lilogic(command, "digits", wrong)
    assert status == 2
    assert err.startswith("digits: ")
    assert "write ./digits to use the one in this folder" in err.splitlines()[0]


def test_a_zoo_network_is_said_to_be_none_that_was_trained(lilogic, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "runs" / "digits").mkdir(parents=True)
    status, _, err = lilogic("compile", "digits", "--target", "none")
    assert status == 2
    said, _ = err.splitlines()
    assert said == (
        "digits: using the zoo network; write runs/digits to use the one in this folder"
    )


def test_hints_name_only_options_that_the_command_has(lilogic, tmp_path, monkeypatch):
    def refuse(*_):
        raise DataError("no data; name some", option="data")

    path = tmp_path / "small.lgn"
    write_graph(path)
    monkeypatch.setattr(lgn, "read", refuse)
    assert lilogic("eval", path)[2] == "lilogic: no data; name some (--data)\n"
    assert lilogic("report", path)[2] == "lilogic: no data; name some\n"
