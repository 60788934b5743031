"""The LILogicNet authors' .npz."""

import os
import zipfile
from pathlib import Path

import numpy as np
import pytest

from lilogic import formats
from lilogic.data import datasets
from lilogic.errors import LilogicError
from lilogic.formats.importers import npz
from lilogic.infer import golden
from tests.strategies import random_bits, random_graph


def layers(**changes):
    """Two layers, of 6 and 4 gates: rows are padded with zeros."""
    arrays = {
        "gate_types": [[1, 6, 7, 9, 14, 3], [6, 2, 15, 8, 0, 0]],
        "connections.A": [[0, 1, 2, 3, 4, 5], [0, 1, 2, 3, 0, 0]],
        "connections.B": [[8, 7, 6, 5, 4, 3], [5, 4, 3, 2, 0, 0]],
    }
    return {k: np.array(v) for k, v in (arrays | changes).items() if v is not None}


def saved(tmp_path, **changes):
    np.savez(tmp_path / "net.npz", **layers(**changes))
    return tmp_path / "net.npz"


def test_layers_are_read_as_they_are_padded(tmp_path):
    graph = formats.load(saved(tmp_path), classes=2)
    assert graph.n_inputs == 9
    assert graph.encoder.input_shape == (3, 3)
    assert [head.tolist() for head in graph.heads] == [[15, 16], [17, 18]]
    bits = random_bits(graph, 50).astype(int)
    x = bits.T
    y = [x[0] & x[8], x[1] ^ x[7], x[2] | x[6], 1 - (x[3] ^ x[5]), 1 - x[4], x[5]]
    z = [y[0] ^ y[5], y[1] & (1 - y[4]), 1, 1 - (y[3] | y[2])]
    expected = [z[0] + z[1], z[2] + z[3]]
    np.testing.assert_array_equal(golden.scores(graph, bits).T, expected)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"gate_types": None}, "array gate_types is missing"),
        ({"gate_types": [[1.5] * 6] * 2}, "gate_types does not hold integers"),
        ({"gate_types": [[1] * 5] * 2}, "are not layers of gates"),
        ({"gate_types": [[16] * 6] * 2}, "gate 0 has op 16"),
        ({"connections.A": [[0] * 6, [0, 6, 0, 0, 0, 0]]}, "gate 1 of layer 1 reads wire 6, but"),
        ({"connections.B": [[-1] * 6, [0] * 6]}, "gate 0 of layer 0 reads wire -1"),
        ({"connections.B": [[2**40] * 6, [0] * 6]}, "it has 1099511627777 inputs"),
        ({"layer_widths": [6, 7]}, "layer_widths must be 2 numbers from 1 to 6"),
        ({"layer_widths": [6, 4]}, "array n_inputs is missing"),
    ],
)
def test_what_is_no_network_is_refused(tmp_path, changes, message):
    path = saved(tmp_path, **changes)
    with pytest.raises(LilogicError, match=message) as error:
        formats.load(path, classes=2)
    assert str(error.value).startswith(f"{path}: ")


def test_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "net.npz", gate_types=np.array([object()]))
    with pytest.raises(LilogicError, match="plain arrays"):
        formats.load(tmp_path / "net.npz")


@pytest.mark.parametrize("header", ["{'descr'", "[" * 500])
def test_headers_that_python_cannot_parse_are_refused(tmp_path, header):
    path = tmp_path / "net.npz"
    array = b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header.encode()
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("gate_types.npy", array)
    with pytest.raises(LilogicError, match="truncated, damaged or"):
        formats.load(path)


def test_a_bomb_does_not_go_off(tmp_path, monkeypatch):
    monkeypatch.setattr(npz, "_MAX_BYTES", 1000)
    np.savez_compressed(tmp_path / "net.npz", gate_types=np.zeros(2000, np.uint8))
    with pytest.raises(LilogicError, match="unpacks to more than"):
        formats.load(tmp_path / "net.npz")


def test_the_authors_readers_would_find_what_they_know(tmp_path):
    graph = random_graph((50, 40, 30), 20, 10)
    formats.write(graph, "npz", tmp_path / "net.npz")
    with np.load(tmp_path / "net.npz") as arrays:
        op, a, b = (arrays[n] for n in ("gate_types", "connections.A", "connections.B"))
        widths = arrays["layer_widths"]
    x = random_bits(graph, 60).astype(int)
    y = x
    for layer, width in enumerate(widths):
        first, second = y[:, a[layer, :width]], y[:, b[layer, :width]]
        y = op[layer, :width] >> (3 - 2 * first - second) & 1
    np.testing.assert_array_equal(y.reshape(60, 10, -1).sum(-1), golden.scores(graph, x))


def test_the_published_network_scores_as_published():
    path = Path(os.environ.get("LILOGIC_PEERS", "")) / "authors-fashionmnist-2x8000-acc8402.npz"
    if not path.exists():
        pytest.skip(f"{path} is not here")
    try:
        data = datasets.load("fashion-mnist")
    except LilogicError as error:
        pytest.skip(str(error))
    assert golden.accuracy(formats.load(path), data.x_test, data.y_test) == 0.8402
