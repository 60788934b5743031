"""Other packages' networks, compared with those packages or with the same model in plain torch."""

import importlib.util
import subprocess
import sys

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch.nn.functional import one_hot

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.infer import golden

GENERATOR = torch.Generator().manual_seed(0)


def bits(samples, width):
    return torch.rand(samples, width, generator=GENERATOR) < 0.5


def saved(path, state):
    (save_file if path.suffix == ".safetensors" else torch.save)(state, path)
    return path


def assert_scores(path, x, expected, classes):
    graph = formats.load(path, classes=classes)
    assert graph.n_inputs == x.shape[1]
    np.testing.assert_array_equal(golden.scores(graph, x.numpy()), expected.numpy())


def group_sum(x, classes):
    return x.reshape(len(x), classes, -1).sum(-1).round().int()


# The relaxations of Petersen et al. (arXiv 2210.08277, table 1), written out here once more.
RELAXATIONS = [
    lambda a, b: torch.zeros_like(a),
    lambda a, b: a * b,
    lambda a, b: a - a * b,
    lambda a, b: a,
    lambda a, b: b - a * b,
    lambda a, b: b,
    lambda a, b: a + b - 2 * a * b,
    lambda a, b: a + b - a * b,
    lambda a, b: 1 - (a + b - a * b),
    lambda a, b: 1 - (a + b - 2 * a * b),
    lambda a, b: 1 - b,
    lambda a, b: 1 - b + a * b,
    lambda a, b: 1 - a,
    lambda a, b: 1 - a + a * b,
    lambda a, b: 1 - a * b,
    lambda a, b: torch.ones_like(a),
]


def mixed(a, b, weights):
    """Gates [samples, gates] mixed by weights [gates, 16]."""
    return sum(weights[:, op] * gate(a, b) for op, gate in enumerate(RELAXATIONS))


def lilogicnet(kinds, widths, n_inputs):
    """A state dict as the authors' Model has it, and the hard forward pass of bits."""
    state, steps, before = {}, [], n_inputs
    for number, (kind, width) in enumerate(zip(kinds, widths, strict=True)):
        name = f"layers.{2 * number}"
        if kind == "dense":
            c = torch.randn(before, 2 * width, generator=GENERATOR)
            state[f"{name}.c"] = c
            wires = one_hot(c.argmax(0), before).T.float()
        elif kind == "top-k":
            top_c = torch.randn(3, 2 * width, generator=GENERATOR)
            indices = torch.randint(0, before, (3, 2 * width), generator=GENERATOR)
            state |= {f"{name}.top_c": top_c, f"{name}.top_indices": indices}
            chosen = indices.gather(0, top_c.argmax(0)[None])[0]
            wires = one_hot(chosen, before).T.float()
        else:
            indices = torch.randint(0, before, (2 * width,), generator=GENERATOR)
            state[f"{name}.indices"] = indices
            wires = one_hot(indices, before).T.float()
        w = torch.randn(16, width, generator=GENERATOR)
        state[f"layers.{2 * number + 1}.w"] = w
        steps.append((wires, one_hot(w.argmax(0), 16).float()))
        before = width

    def forward(x):
        x = x.float()
        for wires, gates in steps:
            pairs = (x @ wires).reshape(len(x), -1, 2)
            x = mixed(pairs[..., 0], pairs[..., 1], gates)
        return x

    return state, forward


@pytest.mark.parametrize("kinds", [("dense", "top-k", "fixed"), ("dense", "dense"), ("dense",)])
@pytest.mark.parametrize("suffix", [".pth", ".safetensors"])
def test_the_authors_interconnects(tmp_path, kinds, suffix):
    state, forward = lilogicnet(kinds, (60, 50, 40)[: len(kinds)], 49)
    path = saved(tmp_path / f"net{suffix}", state)
    x = bits(200, 49)
    assert_scores(path, x, group_sum(forward(x), 10), None)
    assert formats.load(path).encoder.input_shape == (7, 7)


def test_safetensors_are_read_without_torch_and_pickles_say_what_they_take(tmp_path):
    state = {"0.weights": torch.eye(16)[[6, 1]], "0.indices": torch.tensor([[0, 1], [2, 0]])}
    for name in ("net.safetensors", "net.pth"):
        saved(tmp_path / name, state)
    program = f"""if True:
        import sys
        sys.modules["torch"] = None
        from pathlib import Path
        from lilogic import formats
        from lilogic.errors import MissingExtraError
        folder = Path({str(tmp_path)!r})
        print([*formats.load(folder / "net.safetensors", classes=1).rows()])
        try:
            formats.load(folder / "net.pth", classes=1)
        except MissingExtraError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    rows, message = done.stdout.splitlines()
    assert rows == "[(6, 0, 2), (1, 1, 0)]"
    assert message == f"{tmp_path}/net.pth: torch is missing: pip install 'lilogic[train]'"


def test_wrapped_and_nested_state_dicts_are_the_same(tmp_path):
    state, forward = lilogicnet(("dense", "fixed"), (30, 20), 16)
    compiled = {f"_orig_mod.{name}": tensor for name, tensor in state.items()}
    path = saved(tmp_path / "net.pth", {"epoch": 3, "state_dict": compiled})
    x = bits(64, 16)
    assert_scores(path, x, group_sum(forward(x), 10), 10)


def test_difflogic(tmp_path):
    """The package needs CUDA to be installed, so its layer is written out here."""
    weights = [torch.randn(width, 16, generator=GENERATOR) for width in (40, 30)]
    wires = [
        torch.randint(0, before, (2, width), generator=GENERATOR)
        for before, width in ((20, 40), (40, 30))
    ]
    wires[0][0, :20] = torch.arange(20)
    state = {f"{2 * i + 1}.weights": w for i, w in enumerate(weights)}
    state |= {f"{2 * i + 1}.indices": w for i, w in enumerate(wires)}
    x = bits(200, 20)
    y = x.float()
    for weight, (a, b) in zip(weights, wires, strict=True):
        y = mixed(y[:, a], y[:, b], one_hot(weight.argmax(-1), 16).float())
    assert_scores(saved(tmp_path / "net.pt", state), x, group_sum(y, 3), 3)

    del state["1.indices"]
    path = saved(tmp_path / "without.pt", state)
    with pytest.raises(LilogicError, match=r"without\.pt: 1\.indices is missing: difflogic leaves"):
        formats.load(path, classes=3)


def test_torchlogix_weights_of_unknown_meaning_are_refused(tmp_path):
    state = {"0.weight": torch.zeros(8, 4), "0.connections.indices": torch.zeros(2, 8).long()}
    path = saved(tmp_path / "warp.pth", state)
    with pytest.raises(LilogicError, match="does not say whether it is 'warp' or 'light'"):
        formats.load(path, classes=2)


@pytest.mark.parametrize("inputs", [1, 2, 3, 4, 6])
@pytest.mark.parametrize("learnable", [True, False])
def test_weightless_networks(tmp_path, inputs, learnable):
    """Compared with dwn2rtl's own golden model where that is installed, else by addresses."""
    widths, before = (20, 12), 18
    state, tables = {}, []
    for layer, width in enumerate(widths):
        luts = torch.rand(width, 1 << inputs, generator=GENERATOR) * 2 - 1
        wires = torch.randint(0, before, (width, inputs), generator=GENERATOR)
        if layer == 0:
            wires.view(-1)[:18] = torch.arange(18)[: wires.numel()]
            wires.view(-1)[-1] = 17
        state[f"{layer}.luts"] = luts
        if learnable:
            weights = torch.rand(before, width * inputs, generator=GENERATOR)
            weights[wires.view(-1), torch.arange(width * inputs)] = 2
            state[f"{layer}.mapping.weights"] = weights
            decoy = torch.arange(width * inputs).view(width, inputs).int()
            state[f"{layer}._LUTLayer__dummy_mapping"] = decoy
        else:
            state[f"{layer}.mapping"] = wires.int()
        tables.append((luts, wires))
        before = width
    x = bits(200, 18)
    y = x.long()
    for luts, wires in tables:
        address = (y[:, wires] << torch.arange(inputs)).sum(-1)
        y = (luts[torch.arange(len(luts)), address] > 0).long()
    expected = group_sum(y, 3)
    path = saved(tmp_path / "net.pth", {"config": {"n": inputs}, "state_dict": state})
    assert_scores(path, x, expected, 3)
    graph = formats.load(path, classes=3)
    if inputs > 2:
        assert graph.cones.level[graph.head_nodes].max() == len(widths)
        assert {*graph.cones.roots.tolist()} <= {*graph.roots.tolist()}
    else:
        assert not len(graph.roots)
    if importlib.util.find_spec("dwn2rtl"):
        from dwn2rtl import extract

        layers = [
            (extract.extract_tables(state, i), *extract.extract_wiring(state, i, inputs))
            for i in extract.layer_indices(state)
        ]
        _, scores = extract.forward(x.numpy(), layers, 3)
        np.testing.assert_array_equal(scores, expected.numpy())


def test_nothing_is_executed(tmp_path):
    path = tmp_path / "model.pth"
    torch.save(torch.nn.Linear(2, 2), path)
    with pytest.raises(LilogicError, match=r"model\.pth: not a file of weights only"):
        formats.load(path)


def w(gates=4, before=4):
    """The tensors of one good layer of the authors' kind."""
    return {"layers.0.c": torch.eye(before, 2 * gates), "layers.1.w": torch.eye(16, gates)}


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({}, "match no supported network"),
        ({"0.weight": torch.zeros(3, 3)}, "match no supported network"),
        ({"layers.1.w": torch.zeros(16, 4)}, "comes without an interconnect"),
        (w() | {"layers.1.w": torch.zeros(15, 4)}, "not 16 numbers a gate"),
        (w() | {"layers.1.w": torch.zeros(16, 5)}, "is needed"),
        (w() | {"layers.1.w": torch.full((16, 4), torch.nan)}, "not finite"),
        (w() | {"layers.1.w": torch.zeros(16)}, "not a matrix of numbers"),
        (w() | {"layers.0.c_sub_layer_1": torch.zeros(1), "layers.0.c": None}, "not supported"),
        (w() | {"layers.2.c": torch.zeros(9, 8), "layers.3.w": torch.zeros(16, 4)}, "skip layers"),
        (w() | {"head.weight": torch.zeros(3)}, "does not belong to a numbered layer"),
        ({"0.indices": torch.tensor([0, -1]), "1.w": torch.eye(16, 1)}, "reads wire -1"),
        ({"0.luts": torch.zeros(2, 3), "0.mapping": torch.zeros(2, 2).int()}, "3 entries a table"),
        ({"0.luts": torch.zeros(2, 4), "0.mapping": torch.zeros(2, 2)}, "not hold integers"),
        ({"0.luts": torch.zeros(2, 4)}, "0.mapping is missing"),
    ],
)
def test_what_is_not_covered_is_refused(tmp_path, state, message):
    state = {name: tensor for name, tensor in state.items() if tensor is not None}
    path = saved(tmp_path / "net.pth", state)
    with pytest.raises(LilogicError, match=message) as error:
        formats.load(path, classes=2)
    assert str(error.value).startswith(f"{path}: ")
    assert "\n" not in str(error.value)
