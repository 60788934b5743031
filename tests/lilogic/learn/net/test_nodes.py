"""Soft gates: outputs are sane, and tend to the hard choice."""

from __future__ import annotations

import math

import pytest
import torch

from lilogic.learn.kernels import Kernel
from lilogic.learn.net.arrangement import Dense
from lilogic.learn.net.nodes import GateLayer, sharpened
from lilogic.learn.net.sharpness import HARD, Sharpness
from lilogic.learn.net.wires import TopKConnect
from tests.lilogic.learn import there

SOFT = Sharpness()


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("kernel", there.EACH)
@pytest.mark.parametrize("k", [1, 5, None])
@pytest.mark.parametrize("sharpness", [SOFT, Sharpness(16.0, 8.0), HARD])
def test_soft_outputs_stay_within_0_and_1(
    kernel: Kernel, k: int | None, sharpness: Sharpness
) -> None:
    layer = GateLayer(Dense(25), TopKConnect(25, 200, k or 25, generator()), generator(1))
    with torch.no_grad():
        layer.logits.mul_(5)
        y = layer(torch.rand(25, 300, generator=generator(2)), sharpness, kernel)
    assert y.shape == (200, 300)
    assert -1e-6 <= y.min() < y.max() <= 1 + 1e-6


def test_sharpened_is_softmax_and_tends_to_the_hard_choice() -> None:
    logits = torch.randn(50, 7, generator=generator())
    torch.testing.assert_close(sharpened(logits, 1.0), logits.softmax(-1))
    torch.testing.assert_close(sharpened(logits, 2.0), (2 * logits).softmax(-1))
    hard = sharpened(logits, math.inf)
    assert torch.equal(hard.argmax(-1), logits.argmax(-1))
    assert torch.equal(hard.sum(-1), torch.ones(50))
    assert set(hard.unique().tolist()) == {0.0, 1.0}
    gaps = [(sharpened(logits, factor) - hard).abs().max() for factor in (1, 10, 100, 1e6)]
    assert gaps == sorted(gaps, reverse=True)
    assert gaps[-1] < 1e-6


def test_sharpened_takes_the_first_of_equal_logits() -> None:
    assert sharpened(torch.zeros(3, 5), math.inf).argmax(-1).tolist() == [0, 0, 0]


def test_what_is_hard_moves_with_the_layer() -> None:
    layer = GateLayer(Dense(6), TopKConnect(6, 4, 3, generator()), generator(1))
    layer.harden()
    layer.to("meta")
    assert layer.hard is not None
    assert {tensor.device.type for tensor in layer.hard} == {"meta"}
