"""LogicNet: soft outputs are sane, hard ones are those of the frozen graph, bit for bit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import LilogicError
from lilogic.infer import golden
from lilogic.learn import kernels
from lilogic.learn.kernels import Kernel
from lilogic.learn.net.layers import (
    HARD,
    GateLayer,
    GroupSum,
    LogicNet,
    Sharpness,
    Tap,
    TopKConnect,
    sharpened,
)

KERNELS = list(kernels.KERNELS.values())
SOFT = Sharpness()


def net(
    n_inputs: int = 20,
    widths: tuple[int, ...] = (30, 24, 12),
    n_classes: int = 3,
    k: int | None = 4,
    tau: float = 3.0,
    kernel: Kernel = kernels.KERNELS["reference"],
    seed: int = 0,
    **options: str,
) -> LogicNet:
    return LogicNet(n_inputs, widths, n_classes, k, tau, kernel, seed, **options)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def random_bits(n_inputs: int, samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((samples, n_inputs)) < 0.5


def rows(bits: np.ndarray) -> torch.Tensor:
    """Bits [samples, inputs] as a net wants them."""
    return torch.from_numpy(bits).T.float().contiguous()


# Hard = frozen


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("k", [1, 3, 16, None])
@pytest.mark.parametrize("widths", [(9,), (30, 12), (42, 9, 21, 6)])
@pytest.mark.parametrize("reads", ["previous", "all"])
@pytest.mark.parametrize("counts", ["last", "all"])
def test_hard_forward_is_the_frozen_graph_at_every_gate(
    kernel: Kernel, k: int | None, widths: tuple[int, ...], reads: str, counts: str
) -> None:
    network = net(widths=widths, k=k, kernel=kernel, reads=reads, counts=counts)
    graph = network.freeze()
    bits = random_bits(20, 131)
    x, nodes = rows(bits), [rows(bits)]
    with torch.no_grad():
        for layer in network.gate_layers:
            nodes.append(layer(x, HARD, kernel))
            x = torch.cat(nodes) if reads == "all" else nodes[-1]
        logits = network(rows(bits), HARD)
    values = golden.node_values(graph, bits)
    assert torch.equal(torch.cat(nodes), rows(values))
    scores = golden.scores(graph, bits)
    assert torch.equal(logits, torch.from_numpy(scores).float() / 3.0)
    np.testing.assert_array_equal(logits.argmax(1).numpy(), golden.classify(scores))


@given(
    st.integers(1, 6),
    st.lists(st.integers(1, 8), max_size=3),
    st.integers(1, 3),
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_hard_forward_is_the_frozen_graph_for_any_shape(
    n_inputs: int, hidden: list[int], n_classes: int, k: int, seed: int
) -> None:
    network = net(n_inputs, (*hidden, 2 * n_classes), n_classes, k, 1.0, seed=seed)
    bits = random_bits(n_inputs, 65, seed)
    with torch.no_grad():
        logits = network(rows(bits), HARD)
    scores = golden.scores(network.freeze(), bits)
    assert torch.equal(logits, torch.from_numpy(scores).float())


@pytest.mark.parametrize("kernel", KERNELS)
def test_hard_forward_is_the_frozen_graph_after_learning_and_growing(kernel: Kernel) -> None:
    network = net(kernel=kernel)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    labels = torch.arange(64) % 3
    for step in range(4):
        x = rows(random_bits(20, 64, step))
        taps: list[Tap] = []
        logits = network(x, SOFT, taps)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        for layer, (below, gradient) in zip(network.gate_layers, taps, strict=True):
            layer.connect.grow(below, gradient, 0.5)
    bits = random_bits(20, 100, 9)
    with torch.no_grad():
        logits = network(rows(bits), HARD)
    scores = golden.scores(network.freeze(), bits)
    assert torch.equal(logits, torch.from_numpy(scores).float() / 3.0)


def test_freeze_lays_layers_and_classes_out_in_order() -> None:
    network = net()
    encoder = Encoder(
        preprocessing=Preprocessing((20,), "uint8"),
        feature=np.arange(20),
        threshold=np.zeros(20, dtype=int),
    )
    graph = network.freeze(encoder, {"name": "tiny"})
    assert (graph.n_inputs, graph.n_gates, graph.n_classes) == (20, 66, 3)
    assert [head.tolist() for head in graph.heads] == [
        list(range(start, start + 4)) for start in (74, 78, 82)
    ]
    assert (graph.a[:30] < 20).all()
    assert ((graph.b[30:54] >= 20) & (graph.b[30:54] < 50)).all()
    assert ((graph.a[54:] >= 50) & (graph.a[54:] < 74)).all()
    assert graph.encoder is encoder
    assert graph.metadata == {"name": "tiny"}
    assert graph.offset.tolist() == [0, 0, 0]


def test_heads_may_count_every_layer_and_wires_read_every_node_before() -> None:
    network = net(widths=(6, 3), reads="all", counts="all", k=None)
    graph = network.freeze()
    assert [head.tolist() for head in graph.heads] == [[20, 21, 26], [22, 23, 27], [24, 25, 28]]
    assert network.gate_layers[1].connect.n_inputs == 26
    with pytest.raises(LilogicError, match="layer 1 has 7 gates, which is not a multiple of the 3"):
        net(widths=(7, 3), counts="all")


def test_gates_that_start_as_pass_through_repeat_wire_a() -> None:
    ops = net(widths=(3000,), initial="pass-through").freeze().op
    assert (ops == 3).mean() > 0.9


@pytest.mark.parametrize("relaxation", ["straight-through", "gumbel"])
def test_relaxations_are_for_training_only(relaxation: str) -> None:
    usual, other = net(), net(relaxation=relaxation)
    x = rows(random_bits(20, 40))
    assert torch.equal(usual.eval()(x, SOFT), other.eval()(x, SOFT))
    assert not torch.equal(usual.train()(x, SOFT), other.train()(x, SOFT))
    other(x, SOFT).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in other.parameters())


def test_straight_through_computes_with_hard_choices() -> None:
    network, x = net(relaxation="straight-through"), rows(random_bits(20, 40))
    torch.testing.assert_close(network.train()(x, SOFT), network.eval()(x, HARD))


def test_freeze_takes_the_likeliest_function_and_row() -> None:
    network = net(widths=(3,), k=2)
    layer = network.gate_layers[0]
    with torch.no_grad():
        layer.logits.zero_()
        layer.logits[[0, 1, 2], [6, 15, 0]] = 1
        layer.connect.logits[:] = torch.tensor([0.0, 1.0])
    graph = network.freeze()
    assert graph.op.tolist() == [6, 15, 0]
    assert layer.connect.candidates is not None
    np.testing.assert_array_equal([graph.a, graph.b], layer.connect.candidates[..., 1])


def test_the_last_layer_must_be_a_multiple_of_the_classes() -> None:
    with pytest.raises(LilogicError, match="has 13 gates, which is not a multiple of the 3"):
        net(widths=(30, 13))


# Soft


@pytest.mark.parametrize("kernel", KERNELS)
@pytest.mark.parametrize("k", [1, 5, None])
@pytest.mark.parametrize("sharpness", [SOFT, Sharpness(16.0, 8.0), HARD])
def test_soft_outputs_stay_within_0_and_1(
    kernel: Kernel, k: int | None, sharpness: Sharpness
) -> None:
    layer = GateLayer(TopKConnect(25, 200, k or 25, generator()), generator(1))
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


def test_a_very_sharp_net_tends_to_the_hard_one() -> None:
    network, x = net(), rows(random_bits(20, 50))
    with torch.no_grad():
        hard = network(x, HARD)
        distances = [
            (network(x, Sharpness(factor, factor)) - hard).abs().max().item()
            for factor in (1.0, 100.0, 1e7)
        ]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-3


def test_sharpened_takes_the_first_of_equal_logits() -> None:
    assert sharpened(torch.zeros(3, 5), math.inf).argmax(-1).tolist() == [0, 0, 0]


def test_group_sum_sums_each_class_and_divides_by_tau() -> None:
    y = torch.arange(12.0).view(6, 2)  # six gates, two samples
    scores = GroupSum(3, 4.0)([y])
    assert torch.equal(scores, torch.tensor([[2.0, 4.0], [10.0, 12.0], [18.0, 20.0]]).T / 4)
    assert torch.equal(GroupSum(3, 4.0)([y, y[[1, 3, 5]]]), scores + y[[1, 3, 5]].T / 4)


def test_the_same_seed_gives_the_same_net_and_another_seed_another() -> None:
    first, same, other = (net(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


# Candidates


@pytest.mark.parametrize(("n_inputs", "gates", "k"), [(20, 30, 4), (7, 5, 6), (64, 50, 16)])
def test_every_input_starts_as_often_as_any_other(n_inputs: int, gates: int, k: int) -> None:
    connect = TopKConnect(n_inputs, gates, k, generator())
    assert connect.candidates is not None
    assert connect.candidates.shape == connect.logits.shape == (2, gates, k)
    counts = torch.bincount(connect.candidates.flatten(), minlength=n_inputs)
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("k", [10, 11, 100])
def test_k_of_all_inputs_is_the_dense_connection(k: int) -> None:
    connect = TopKConnect(10, 4, k, generator())
    assert connect.candidates is None
    assert connect.wiring is None
    assert connect.logits.shape == (2, 4, 10)
    assert torch.equal(connect.chosen(), connect.logits.argmax(-1))
    assert connect.grow(torch.rand(10, 3), torch.rand(2, 4, 3), 0.5) is None


def distinct_connect(n_inputs: int, gates: int, k: int, seed: int = 0) -> TopKConnect:
    """A connection none of whose wires has a candidate twice."""
    source = generator(seed)
    connect = TopKConnect(n_inputs, gates, k, source)
    order = torch.rand(2, gates, n_inputs, generator=source).argsort(-1)
    connect.candidates = order[..., :k].contiguous()
    return connect


@pytest.mark.parametrize(
    ("n_inputs", "k", "share", "replaced"),
    [
        (40, 8, 0.25, 2),
        (40, 8, 0.99, 7),
        (40, 5, 0.5, 2),
        (9, 8, 0.9, 1),
        (40, 1, 0.9, 0),
        (40, 2, 0.2, 1),
    ],
)
def test_grow_replaces_the_weakest_by_the_rows_that_lower_the_loss_most(
    n_inputs: int, k: int, share: float, replaced: int
) -> None:
    connect = distinct_connect(n_inputs, 6, k)
    x = torch.rand(n_inputs, 30, generator=generator(1))
    gradient = torch.randn(2, 6, 30, generator=generator(2))
    candidates, logits = connect.candidates.clone(), connect.logits.detach().clone()
    positions = connect.grow(x, gradient, share)
    if not replaced:
        assert positions is None
        assert torch.equal(connect.candidates, candidates)
        assert torch.equal(connect.logits, logits)
        return
    assert positions.shape == (2, 6, replaced)
    assert connect.candidates.shape == connect.logits.shape == (2, 6, k)
    assert connect.candidates.dtype == torch.int64
    for side in range(2):
        for gate in range(6):
            old, new = candidates[side, gate].tolist(), connect.candidates[side, gate].tolist()
            strength = logits[side, gate].tolist()
            weakest = sorted(range(k), key=lambda i, s=strength: s[i])[:replaced]
            assert sorted(positions[side, gate].tolist()) == sorted(weakest)
            slopes = (x @ gradient[side, gate]).tolist()
            outside = [row for row in range(n_inputs) if row not in old]
            best = sorted(outside, key=lambda row, s=slopes: s[row])[:replaced]
            assert {new[i] for i in weakest} == set(best)
            assert len(set(new)) == k
            for i in range(k):
                if i not in weakest:
                    assert new[i] == old[i]
                    assert connect.logits[side, gate, i] == logits[side, gate, i]
                else:
                    mean = logits[side, gate].mean()
                    torch.testing.assert_close(connect.logits[side, gate, i].detach(), mean)


def test_grow_takes_in_only_rows_it_may_look_at() -> None:
    connect = distinct_connect(40, 6, 8)
    before = connect.candidates.clone()
    x = torch.rand(40, 30, generator=generator(1))
    gradient = torch.randn(2, 6, 30, generator=generator(2))
    rows = torch.randperm(40, generator=generator(3))[:20]
    positions = connect.grow(x, gradient, 0.5, rows)
    taken = connect.candidates.gather(-1, positions)
    wires = zip(before.view(12, 8), taken.view(12, 4), gradient.view(12, 30), strict=True)
    for wire, found, slope in wires:
        slopes = x @ slope
        allowed = [row for row in rows.tolist() if row not in wire.tolist()]
        best = sorted(allowed, key=lambda row, s=slopes: float(s[row]))[:4]
        assert set(found.tolist()) == set(best)


def test_grow_replaces_nothing_where_too_few_rows_are_looked_at() -> None:
    connect = distinct_connect(40, 6, 8)
    x, gradient = torch.rand(40, 30), torch.randn(2, 6, 30)
    assert connect.grow(x, gradient, 0.5, torch.arange(8)) is None


def test_what_grow_takes_in_has_the_steepest_slope_in_the_dense_connection() -> None:
    connect = distinct_connect(30, 8, 6)
    layer = GateLayer(connect, generator(1))
    x = torch.rand(30, 40, generator=generator(2))
    target = torch.rand(8, 40, generator=generator(3))
    gradient = torch.empty(2, 8, 40)
    y = layer(x, SOFT, kernels.KERNELS["cpu"], gradient)
    ((y - target) ** 2).sum().backward()

    old = connect.candidates.clone()
    weights = torch.zeros(2, 8, 30).scatter_(-1, old, connect.logits.detach().softmax(-1))
    weights.requires_grad_()
    mixture = sharpened(layer.logits.detach(), 1.0) @ layer.coefficients
    dense = kernels.KERNELS["reference"](x, None, weights, mixture, None)
    ((dense - target) ** 2).sum().backward()

    slopes = weights.grad.scatter(-1, old, math.inf)
    positions = connect.grow(x, gradient, 0.34)
    taken = connect.candidates.gather(-1, positions)
    assert torch.equal(taken.sort(-1).values, slopes.argsort(-1)[..., :2].sort(-1).values)


@given(st.integers(2, 12), st.data())
def test_growing_again_and_again_never_gives_a_wire_one_row_twice(
    n_inputs: int, data: st.DataObject
) -> None:
    k = data.draw(st.integers(1, n_inputs - 1))
    share = data.draw(st.floats(0, 0.99))
    connect = distinct_connect(n_inputs, 3, k, data.draw(st.integers(0, 99)))
    for seed in range(4):
        source = generator(seed)
        x = torch.rand(n_inputs, 5, generator=source)
        connect.grow(x, torch.randn(2, 3, 5, generator=source), share)
        assert connect.candidates.shape == (2, 3, k)
        assert (connect.candidates.sort(-1).values.diff() > 0).all()
        assert connect.candidates.min() >= 0
        assert connect.candidates.max() < n_inputs


def test_growing_does_not_touch_the_strongest_candidate() -> None:
    connect = distinct_connect(40, 20, 8)
    before = connect.chosen()
    source = generator(5)
    x = torch.rand(40, 16, generator=source)
    connect.grow(x, torch.randn(2, 20, 16, generator=source), 0.9)
    assert torch.equal(connect.chosen(), before)


@pytest.mark.parametrize("k", [6, 40])
def test_narrow_keeps_the_likeliest_candidates(k: int) -> None:
    connect = TopKConnect(40, 5, k, generator())
    candidates = torch.arange(40) if connect.candidates is None else connect.candidates
    before = candidates.expand(2, 5, -1).gather(-1, connect.logits.argsort(-1, descending=True))
    logits = connect.logits.detach().clone()
    chosen = connect.chosen()
    kept = connect.narrow(3)
    assert torch.equal(connect.candidates, before[..., :3])
    assert torch.equal(connect.logits.detach(), logits.gather(-1, kept))
    assert connect.narrow(3) is None
    connect.narrow(1)
    assert torch.equal(connect.chosen(), chosen)
    assert torch.equal(connect.candidates[..., 0], chosen)


def change_by_growing(connect: TopKConnect) -> None:
    connect.grow(torch.rand(20, 8), torch.randn(2, 6, 8), 0.5)


def change_by_narrowing(connect: TopKConnect) -> None:
    connect.narrow(2)


def change_by_loading(connect: TopKConnect) -> None:
    connect.load_state_dict(TopKConnect(20, 6, 5, generator(9)).state_dict())


@pytest.mark.parametrize("change", [change_by_growing, change_by_narrowing, change_by_loading])
def test_kernels_see_changed_candidates_in_both_directions(
    change: Callable[[TopKConnect], None],
) -> None:
    connect = TopKConnect(20, 6, 5, generator())
    assert connect.wiring is not None
    assert connect.wiring is connect.wiring  # made once
    stale = connect.wiring.rows.copy(), connect.wiring.readers
    change(connect)
    assert connect.wiring.rows.tolist() != stale[0].tolist()
    layer = GateLayer(connect, generator(1))
    results = []
    for kernel in KERNELS:
        x = torch.rand(20, 7, generator=generator(2)).requires_grad_()
        y = layer(x, SOFT, kernel)
        y.sum().backward()
        results.append((y.detach(), x.grad))
    for one, other in zip(*results, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("k", [3, None])
def test_hard_forward_on_a_gpu_is_the_frozen_graph(k: int | None) -> None:
    network = net(k=k, kernel=kernels.choose("auto", torch.device("cuda"))).to("cuda")
    bits = random_bits(20, 131)
    with torch.no_grad():
        logits = network(rows(bits).cuda(), HARD).cpu()
    scores = golden.scores(network.freeze(), bits)
    assert torch.equal(logits, torch.from_numpy(scores).float() / 3.0)
