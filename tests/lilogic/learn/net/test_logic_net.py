"""LogicNet: soft outputs are sane, hard ones are those of the frozen graph, bit for bit."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import Preprocessing
from lilogic.errors import DataError, LilogicError
from lilogic.infer import golden
from lilogic.learn import kernels
from lilogic.learn.kernels import Kernel
from lilogic.learn.net.arrangement import Taps
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import HARD, Sharpness
from tests.lilogic.learn import there

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
    return LogicNet(n_inputs, widths, n_classes, k or "all", tau, kernel, seed, **options)


def random_bits(n_inputs: int, samples: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random((samples, n_inputs)) < 0.5


def batch(bits: np.ndarray) -> torch.Tensor:
    """Bits [samples, inputs] as a net wants them."""
    return torch.from_numpy(bits).float()


def rows(bits: np.ndarray) -> torch.Tensor:
    """The same as layers want them, [inputs, samples]."""
    return batch(bits).T.contiguous()


def test_candidates_of_a_state_that_are_no_rows_are_refused() -> None:
    network = net(kernel=kernels.KERNELS["cpu"])
    state = network.state_dict()
    state["layers.0.connect.candidates"][0, 0, 0] = 10**6
    network.load_state_dict(state)
    with pytest.raises(DataError, match="row 1000000, but rows are 0 to 19"):
        network(batch(random_bits(20, 7)), SOFT)


@pytest.mark.parametrize("kernel", there.EACH)
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
        for layer in network.node_layers:
            nodes.append(layer(x, HARD, kernel))
            x = torch.cat(nodes) if reads == "all" else nodes[-1]
        logits = network(batch(bits), HARD)
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
        logits = network(batch(bits), HARD)
    scores = golden.scores(network.freeze(), bits)
    assert torch.equal(logits, torch.from_numpy(scores).float())


@pytest.mark.parametrize("kernel", there.EACH)
def test_hard_forward_is_the_frozen_graph_after_learning_and_regrowing(kernel: Kernel) -> None:
    network = net(kernel=kernel)
    optimizer = torch.optim.Adam(network.parameters(), lr=0.1)
    labels = torch.arange(64) % 3
    for step in range(4):
        x = batch(random_bits(20, 64, step))
        taps: Taps = []
        logits = network(x, SOFT, taps)
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
        assert [connect for connect, _ in taps] == [layer.connect for layer in network.node_layers]
        for connect, gains in taps:
            connect.regrow(gains, 0.5)
    bits = random_bits(20, 100, 9)
    with torch.no_grad():
        logits = network(batch(bits), HARD)
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
    assert network.node_layers[1].connect.n_inputs == 26
    refused = "layer 1 has 7 gates, which is not a multiple of the 3 .* leave it out of counts"
    with pytest.raises(LilogicError, match=refused):
        net(widths=(7, 3), counts="all")


def test_gates_that_start_as_pass_through_repeat_wire_a() -> None:
    ops = net(widths=(3000,), initial="pass-through").freeze().op
    assert (ops == 3).mean() > 0.9


@pytest.mark.parametrize("relaxation", ["straight-through", "gumbel"])
def test_relaxations_are_for_training_only(relaxation: str) -> None:
    usual, other = net(), net(relaxation=relaxation)
    x = batch(random_bits(20, 40))
    assert torch.equal(usual.eval()(x, SOFT), other.eval()(x, SOFT))
    assert not torch.equal(usual.train()(x, SOFT), other.train()(x, SOFT))
    other(x, SOFT).sum().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in other.parameters())


def test_straight_through_computes_with_hard_choices() -> None:
    network, x = net(relaxation="straight-through"), batch(random_bits(20, 40))
    torch.testing.assert_close(network.train()(x, SOFT), network.eval()(x, HARD))


def test_freeze_takes_the_likeliest_function_and_row() -> None:
    network = net(widths=(3,), k=2)
    layer = network.node_layers[0]
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


def test_a_very_sharp_net_tends_to_the_hard_one() -> None:
    network, x = net(), batch(random_bits(20, 50))
    with torch.no_grad():
        hard = network(x, HARD)
        distances = [
            (network(x, Sharpness(factor, factor)) - hard).abs().max().item()
            for factor in (1.0, 100.0, 1e7)
        ]
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-3


def test_the_same_seed_gives_the_same_net_and_another_seed_another() -> None:
    first, same, other = (net(seed=seed).state_dict() for seed in (0, 0, 1))
    assert all(torch.equal(first[name], same[name]) for name in first)
    assert not any(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize(("reads", "kept"), [("previous", 1), ("all", 3)])
def test_only_rows_that_a_layer_still_reads_are_kept(reads: str, kept: int) -> None:
    """Networks are deep and batches are wide: what nobody reads again would fill the memory."""
    made: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []
    network = net(widths=(30, 24, 18, 12), reads=reads)

    def before(*_: object) -> None:
        alive.append(sum(one() is not None for one in made))

    def after(_: object, __: object, y: torch.Tensor) -> None:
        made.append(weakref.ref(y))

    for layer in network.node_layers:
        layer.register_forward_pre_hook(before)
        layer.register_forward_hook(after)
    with torch.no_grad():
        network(batch(random_bits(20, 5)), SOFT)
    # Of all rows, one copy is read, and only what was made since then is kept beside it.
    assert max(alive) <= kept


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("k", [3, None])
def test_hard_forward_on_a_gpu_is_the_frozen_graph(k: int | None) -> None:
    network = net(k=k, kernel=kernels.choose("auto", torch.device("cuda"))).to("cuda")
    bits = random_bits(20, 131)
    with torch.no_grad():
        logits = network(batch(bits).cuda(), HARD).cpu()
    scores = golden.scores(network.freeze(), bits)
    assert torch.equal(logits, torch.from_numpy(scores).float() / 3.0)
