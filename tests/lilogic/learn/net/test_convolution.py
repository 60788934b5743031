"""Networks with convolutions: their hard forward is the frozen graph, bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lilogic.errors import RecipeError
from lilogic.graph import passes
from lilogic.infer import golden
from lilogic.learn import kernels
from lilogic.learn.net.arrangement import Taps
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import HARD, Sharpness
from lilogic.learn.recipe import ConvRecipe, LayerRecipe, PoolRecipe
from tests.lilogic.learn import there

SOFT = Sharpness()
PLANES = np.random.default_rng(0).permutation(2 * 8 * 7).reshape(2, 8, 7)


def conv(channels: int, **options: int) -> ConvRecipe:
    return ConvRecipe(arrangement="conv", channels=channels, **options)  # type: ignore[arg-type]


def pool(size: int = 2) -> PoolRecipe:
    return PoolRecipe(arrangement="pool", size=size)


def net(*layers: LayerRecipe, kernel: str = "reference", **options: Any) -> LogicNet:
    settings = {"candidates": 4, "tau": 3.0, "planes": PLANES, "seed": 1} | options
    return LogicNet(PLANES.size, layers, 3, kernel=kernels.KERNELS[kernel], **settings)


def random_bits(samples: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(samples, PLANES.size, generator=generator) < 0.5


def assert_hard_is_frozen(network: LogicNet) -> None:
    bits = random_bits(70, 3)
    graph = network.freeze()
    scores = golden.scores(graph, bits.numpy())
    assert graph.n_gates == sum(layer.gates for layer in network.described())
    with torch.no_grad():
        logits = network(bits, HARD)
    assert torch.equal(logits, torch.from_numpy(scores).float() / 3.0)
    assert np.array_equal(golden.scores(passes.simplify(graph), bits.numpy()), scores)
    # Layer after layer becomes hard, and what is not yet is as hard as can be.
    for count in range(1, len(network.stages) + 1):
        network.harden(count)
        with torch.no_grad():
            assert torch.equal(network(bits, HARD), logits)


LAYERS: list[tuple[LayerRecipe, ...]] = [
    (conv(4, padding=1), 6),
    (conv(4, stride=2, padding=1), conv(8, groups=2), 30, 9),
    (conv(6, kernel=2, levels=3), pool(), 12),
    (pool(), conv(6, kernel=2, stride=1, padding=1), pool(3), 9),
    (30, 9),
    (conv(3, kernel=5, padding=2, levels=2), conv(6, kernel=1, groups=3)),
    (conv(4, padding=1, inputs=4), conv(3, stride=2, levels=2, inputs=3), 9),
]


@pytest.mark.parametrize("kernel", there.NAMED)
@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize("reads", ["previous", "all"])
def test_the_hard_forward_is_the_frozen_graph(
    kernel: str, layers: tuple[LayerRecipe, ...], reads: str
) -> None:
    assert_hard_is_frozen(net(*layers, kernel=kernel, reads=reads))


@settings(max_examples=20)
@given(st.data())
def test_the_hard_forward_is_the_frozen_graph_for_any_shape(data: st.DataObject) -> None:
    filters = st.builds(
        conv,
        st.sampled_from([3, 6]),
        kernel=st.integers(1, 3),
        stride=st.integers(1, 2),
        padding=st.integers(0, 2),
        groups=st.sampled_from([1, 2]),
        levels=st.integers(1, 2),
    )
    layers = data.draw(st.lists(filters | st.just(pool()), max_size=3))
    k = data.draw(st.sampled_from(["all", 1, 7]))
    try:
        network = net(*layers, 6, candidates=k, seed=data.draw(st.integers(0, 9)))
    except RecipeError:  # planes ran out
        return
    assert_hard_is_frozen(network)


def test_tables_freeze_into_roots_and_gates_into_none() -> None:
    layers = (conv(4, padding=1, inputs=4), pool(), conv(3, levels=2, inputs=3), 9)
    network = net(*layers)
    graph = network.freeze()
    assert len(graph.roots) == sum(layer.n_outputs for layer in network.layers)
    assert graph.cones.level[graph.head_nodes].max() <= len(network.layers)
    assert not len(net(conv(4, padding=1), pool(), 9).freeze().roots)


def test_heads_count_the_layers_that_are_named() -> None:
    layers = (conv(6, padding=1), 12, 9)
    graph = net(*layers, counts=[1, 3]).freeze()
    first = PLANES.size
    rows = 6 * 8 * 7
    heads = [head.tolist() for head in graph.heads]
    assert heads[0] == [
        *range(first, first + rows // 3),
        *range(first + rows + 12, first + rows + 15),
    ]
    assert_hard_is_frozen(net(*layers, counts=[1, 3]))
    for counts in ([0], [4], []):
        with pytest.raises(RecipeError, match="must name layers from 1 to 3"):
            net(*layers, counts=counts)


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ((30, conv(3), 9), "a layer of arrangement 'conv' needs an image or another such layer"),
        ((30, pool(), 9), "a layer of arrangement 'pool' needs an image"),
        ((conv(3, groups=3), 9), "groups of 3 channels do not divide the 2"),
        ((conv(3, kernel=9), 9), "kernel of 9×9 does not fit planes of 8×7"),
        ((pool(8), 9), "pooling of 8×8 does not fit planes of 8×7"),
        ((conv(4, padding=1, stride=2),), "has 64 gates, which is not a multiple of the 3"),
    ],
)
def test_layers_that_do_not_fit_are_refused(layers: tuple[LayerRecipe, ...], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        net(*layers)


@pytest.mark.parametrize("kernel", there.NAMED)
def test_filters_regrow_within_their_windows(kernel: str) -> None:
    """What would gain most is what a network with weights for all positions says."""
    network = net(conv(6, padding=1, groups=2), 9, kernel=kernel, candidates=4)
    layer = network.node_layers[0]
    taps: Taps = []
    loss = network(random_bits(40), SOFT, taps).square().sum()
    loss.backward()
    gains = dict(taps)[layer.connect]
    every = torch.arange(18)
    assert gains(slice(None), every).shape == (2, 6, 18)
    own = gains(slice(None), every).gather(-1, layer.connect.candidates)
    weights = layer.connect.logits.detach().softmax(-1)
    # The gradient to logits, from that to the weights.
    expected = -weights * (own - (weights * own).sum(-1, keepdim=True))
    torch.testing.assert_close(layer.connect.logits.grad, expected)
    replaced = layer.connect.regrow(gains, 0.5)
    assert replaced is not None
    assert_hard_is_frozen(network)


def test_hard_layers_learn_nothing_and_soft_ones_do() -> None:
    network = net(conv(6, padding=1), 12, 9, kernel="cpu")
    network.harden(1)
    network(random_bits(40), [SOFT] * 3).square().sum().backward()
    grads = [layer.logits.grad for layer in network.node_layers]
    assert grads[0] is None
    assert all(grad is not None and grad.abs().sum() > 0 for grad in grads[1:])


def test_the_layers_are_described() -> None:
    described = net(conv(4, padding=1, levels=2), pool(), 9).described()
    assert [layer.model_dump(exclude_none=True) for layer in described] == [
        {"gates": (8 + 4) * 56, "filters": 4, "places": (8, 7)},
        {"gates": 4 * 12 * 3, "filters": 4, "places": (4, 3)},
        {"gates": 9},
    ]


@pytest.mark.parametrize("layers", [(conv(6, padding=1), 9), (12, 9)])
def test_repeated_and_constant_gates_are_found_and_begin_anew(
    layers: tuple[LayerRecipe, ...],
) -> None:
    network = net(*layers, candidates=4, seed=3)
    layer = network.node_layers[0]
    with torch.no_grad():
        layer.logits.zero_()
        for gate, op in enumerate([1, 1, 2, 4, 15, 3]):
            layer.logits[gate, op] = 9.0
        # Gates 0, 1 and 2, 3 read the same rows, 2 and 3 the other way round.
        layer.connect.candidates = torch.zeros_like(layer.connect.candidates)
        layer.connect.candidates[:, [0, 1, 2, 4, 5]] = torch.tensor([3, 5])[:, None, None]
        layer.connect.candidates[:, 3] = torch.tensor([5, 3])[:, None]
    # A convolution's filters 0 and 1 see different channels, as do 2 and 3.
    expected = (
        [False, False, False, False, True, False]
        if layer.places
        else [False, True, False, True, True, False]
    )
    assert layer.repeated()[:6].tolist() == expected
    which = torch.zeros(layer.n_nodes, dtype=torch.bool)
    which[[1, 4]] = True
    before = layer.logits.detach().clone(), layer.connect.logits.detach().clone()
    layer.redraw(which)
    assert torch.equal(layer.logits[~which], before[0][~which])
    assert torch.equal(layer.connect.logits[:, ~which], before[1][:, ~which])
    assert (layer.logits[which] != before[0][which]).all()
    assert (layer.connect.candidates[:, which].sort(-1).values.diff() > 0).all()
    assert_hard_is_frozen(network)
