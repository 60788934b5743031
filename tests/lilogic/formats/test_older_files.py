"""The LILogicNet authors' older files, whose interconnects are a member ``connections``."""

import pytest
import torch
from torch.nn.functional import one_hot

from lilogic import formats
from lilogic.errors import LilogicError
from tests.lilogic.formats.test_state_dict import (
    GENERATOR,
    assert_scores,
    bits,
    group_sum,
    mixed,
    saved,
)


def older(n_inputs=16, widths=(20, 30)):
    """Tensors by name, [A of each layer] and [B of each layer], and the hard forward pass."""
    state, sides, before = {}, ([], []), n_inputs
    for number, width in enumerate(widths):
        state[f"layers.{number}.w"] = torch.randn(16, width, generator=GENERATOR)
        for side in sides:
            side.append(torch.randint(0, before, (width,), generator=GENERATOR))
        before = width

    def forward(x):
        x = x.float()
        for w, a, b in zip(state.values(), *sides, strict=True):
            x = mixed(x[:, a], x[:, b], one_hot(w.argmax(0), 16).float())
        return x

    return state, sides, forward


def test_the_authors_older_files_have_their_connections_aside(tmp_path):
    state, (a, b), forward = older()
    x = bits(200, 16)
    for number, saved_as in enumerate(
        [
            state | {"connections": [a, b]},
            state | {"connections": (a, b)},
            state | {"connections": {"A": a, "B": b}},
            state | {"connections": [[w.int() for w in a], [w[:, None] for w in b]]},
            {"state_dict": state, "connections": [a, b]},
            {"model": state | {"connections": [a, b]}, "epoch": 3},
            {"_orig_mod." + name: w for name, w in state.items()} | {"connections": [a, b]},
        ]
    ):
        path = saved(tmp_path / f"{number}.PTH", saved_as)
        assert_scores(path, x, group_sum(forward(x), 10), 10)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s, a, b: s | {"connections": [a]}, "comes without an interconnect"),
        (lambda s, a, b: s | {"connections": [a, b[:1]]}, "connections.B.1 is missing"),
        (lambda s, a, b: s | {"connections": [a + a, b + b]}, "of 4 layers, but 2 layers"),
        (lambda s, a, b: s | {"connections": [b, a[::-1]]}, "has shape"),
        (lambda s, a, b: s | {"connections": [a, [w + 99 for w in b]]}, "reads wire"),
        (lambda s, a, b: s | {"connections": [a, [w.float() for w in b]]}, "not hold integers"),
        (
            lambda s, a, b: s | {"connections": [a, b], "layers.0.c": s["layers.0.w"]},
            "stands beside connections",
        ),
        (
            lambda s, a, b: {"state_dict": s, "model": s},
            "more than one network, state_dict and model",
        ),
    ],
)
def test_older_files_that_contradict_themselves_are_refused(tmp_path, change, message):
    state, (a, b), _ = older()
    path = saved(tmp_path / "net.pth", change(state, a, b))
    with pytest.raises(LilogicError, match=message):
        formats.load(path, classes=10)
