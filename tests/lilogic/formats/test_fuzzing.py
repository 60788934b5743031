"""Damaged files: one line, or a network that is sound; no traceback, no hang."""

import json

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.graph import lgn
from lilogic.infer import golden
from tests.strategies import random_bits, random_graph

NETLIST = {
    "modules": {
        "m": {
            "ports": {
                "a": {"direction": "input", "bits": [2, 3]},
                "y": {"direction": "output", "bits": [4, "1"]},
            },
            "cells": {
                "g": {"type": "$_MUX_", "connections": {"A": [2], "B": [3], "S": [5], "Y": [4]}},
                "h": {"type": "$_NOT_", "connections": {"A": [2], "Y": [5]}},
            },
        }
    }
}


@pytest.fixture(scope="module")
def originals(tmp_path_factory):
    """A sound file of each suffix, as bytes."""
    folder = tmp_path_factory.mktemp("sound")
    graph = random_graph((6, 6), 4, 2)
    lgn.write(graph, folder / "net.lgn")
    for kind, suffix in (("blif", "blif"), ("aiger", "aig"), ("npz", "npz")):
        formats.write(graph, kind, folder / f"net.{suffix}")
    state = {"0.c": torch.eye(4, 8), "1.w": torch.eye(16, 4)}
    torch.save(state, folder / "net.pth")
    (folder / "net.json").write_text(json.dumps(NETLIST))
    return {path.suffix: path.read_bytes() for path in folder.iterdir()}


@st.composite
def damages(draw):
    """Cuts, changed, repeated and left out pieces, as functions of bytes."""
    place = draw(st.floats(0, 1))
    kind = draw(st.sampled_from(["cut", "change", "insert", "remove", "repeat", "text"]))
    size = draw(st.integers(1, 40))
    new = draw(st.binary(min_size=1, max_size=8))
    text = draw(
        st.sampled_from([b"-1", b"99999999999999999999", b"\n", b" ", b"0", b"\0", b"null"])
    )

    def damage(data):
        at = int(place * (len(data) - 1))
        return {
            "cut": data[:at],
            "change": data[:at] + new + data[at + len(new) :],
            "insert": data[:at] + new + data[at:],
            "remove": data[:at] + data[at + size :],
            "repeat": data[: at + size] + data[at:],
            "text": data[:at] + text + data[at + len(text) :],
        }[kind]

    return damage


def load(path):
    return lgn.read(path) if path.suffix == ".lgn" else formats.load(path, classes=2)


@pytest.mark.parametrize("suffix", [".lgn", ".blif", ".aig", ".npz", ".pth", ".json"])
@settings(max_examples=60)
@given(first=damages(), more=st.lists(damages(), max_size=2))
def test_damaged_files_are_refused_or_sound(tmp_path_factory, originals, suffix, first, more):
    data = originals[suffix]
    for damage in (first, *more):
        data = damage(data) or b" "
    path = tmp_path_factory.getbasetemp() / f"damaged{suffix}"
    path.write_bytes(data)
    try:
        graph = load(path)
    except LilogicError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
        assert "\n" not in str(error)  # noqa: PT017
    else:
        # GateGraph has checked itself, so it can be evaluated, whatever it is.
        if graph.n_inputs < 1000:
            golden.scores(graph, random_bits(graph, 3))
        if suffix == ".lgn":
            assert data == originals[suffix] or graph.n_gates == 12


SHAPES = st.sampled_from([(), (0,), (3,), (4,), (8,), (4, 16), (16, 4), (2, 4), (4, 4), (3, 2, 4)])
NAMES = [
    "0.c", "0.top_c", "0.top_indices", "0.indices", "0.w", "1.w", "1.c", "3.w", "0.weights",
    "0.weight", "0.connections.indices", "0.connections.weights", "0._export_lut_ids", "0.luts",
    "0.mapping", "0.mapping.weights", "1.luts", "head.bias", "layers.0.c", "layers.1.w",
]  # fmt: skip


@st.composite
def states(draw):
    """State dicts with the right names, and tensors of some shape and type."""
    generator = torch.Generator().manual_seed(draw(st.integers(0, 99)))
    state = {}
    for name in draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=5)):
        dtype = draw(st.sampled_from([torch.float32, torch.int64, torch.bool, torch.complex64]))
        tensor = torch.randn(draw(SHAPES), generator=generator) * 3
        state[name] = tensor.to(dtype)
    return state


@settings(max_examples=100)
@given(state=states())
def test_any_state_dict_is_refused_or_sound(tmp_path_factory, state):
    path = tmp_path_factory.getbasetemp() / "state.pth"
    torch.save(state, path)
    try:
        graph = formats.load(path, classes=2)
    except LilogicError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
    else:
        assert graph.n_gates >= 0


@settings(max_examples=80)
@given(data=st.data())
def test_any_npz_is_refused_or_sound(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.npz"
    arrays = {}
    for name in ("gate_types", "connections.A", "connections.B", "layer_widths", "n_inputs"):
        shape = data.draw(st.sampled_from([(2, 3), (2, 3), (2, 3), (2,), (), (0, 3), (1, 2, 3)]))
        low, high = data.draw(st.sampled_from([(0, 3), (0, 15), (-1, 3), (0, 2**62)]))
        kind = data.draw(st.sampled_from([np.int64, np.uint8, np.float64, np.bool_]))
        arrays[name] = np.random.default_rng(0).integers(low, high, shape).astype(kind)
    for name in data.draw(st.sets(st.sampled_from([*arrays]), max_size=2)):
        del arrays[name]
    np.savez(path, **arrays)
    try:
        formats.load(path, classes=1)
    except LilogicError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017


WORDS = st.sampled_from(
    [".model", ".inputs", ".outputs", ".names", ".end", "a", "b", "y", "1", "0", "11 1", "-0 1",
     "\n", "\n", "\n.names a b y\n", "\\\n", "#"]
)  # fmt: skip


@settings(max_examples=100)
@given(words=st.lists(WORDS, max_size=25))
def test_any_blif_is_refused_or_sound(tmp_path_factory, words):
    path = tmp_path_factory.getbasetemp() / "any.blif"
    path.write_text(".model m\n.inputs a b\n.outputs y\n" + " ".join(words))
    try:
        graph = formats.load(path)
    except LilogicError as error:
        assert str(error).startswith(f"{path}: ")  # noqa: PT017
    else:
        golden.scores(graph, random_bits(graph, 3))
