"""A loop of one's own around a LogicNet ends as the trainer's does: hard, and as it was frozen."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset

import lilogic
from lilogic.data import fitting
from lilogic.errors import DataError, GraphError, LilogicError
from lilogic.learn import kernels
from lilogic.learn.annealing import Annealing
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.net.sharpness import HARD, Sharpness
from lilogic.learn.recipe import TrainRecipe
from tests.lilogic.learn import there
from tests.lilogic.learn.runs import dataset

DATA = dataset()
ENCODER = fitting.fit(DATA.x_train, bits=2)
BITS, LABELS = torch.from_numpy(ENCODER.encode(DATA.x_train)), torch.from_numpy(DATA.y_train)
SETTINGS = TrainRecipe(epochs=4, grow_every=3, narrow=[(0.5, 2), (0.8, 1)])
BATCH, STEPS = 30, 6


def net(**settings: Any) -> LogicNet:
    return LogicNet(ENCODER.n_bits, [24, 12], 2, **{"candidates": 4, "tau": 2.0} | settings)


def train(
    network: LogicNet,
    epochs: int = 4,
    optimizer: type[torch.optim.Optimizer] = torch.optim.Adam,
    **settings: Any,
) -> Annealing:
    loader = DataLoader(TensorDataset(BITS, LABELS), BATCH)
    learned = optimizer(network.parameters(), **{"lr": 0.05} | settings)
    annealing = Annealing(network, learned, SETTINGS, STEPS)
    for _ in range(epochs):
        for x, y in loader:
            annealing.begin_step()
            loss = cross_entropy(network(x), y)
            learned.zero_grad()
            loss.backward()
            learned.step()
            annealing.end_step()
    return annealing


@pytest.mark.parametrize(
    ("optimizer", "settings"),
    [
        (torch.optim.Adam, {}),
        (torch.optim.SGD, {"momentum": 0.9, "lr": 0.5}),
        (torch.optim.Adam, {"amsgrad": True}),
    ],
)
def test_a_loop_regrows_narrows_sharpens_and_freezes(optimizer: Any, settings: Any) -> None:
    network = net()
    before = network.node_layers[0].connect.candidates.clone()
    annealing = train(network, 2, optimizer, **settings)
    after = network.node_layers[0].connect.candidates
    assert after.shape[-1] == 2  # narrowed at half the time
    assert not all(
        set(one) <= set(other)
        for one, other in zip(after[0].tolist(), before[0].tolist(), strict=True)
    )
    known = {id(each) for group in annealing.optimizer.param_groups for each in group["params"]}
    assert known == {id(each) for each in network.parameters()}
    for parameter, state in annealing.optimizer.state.items():
        for name, value in state.items():
            assert name == "step" or value is None or value.shape == parameter.shape
    assert network.sharpness[0].gates == pytest.approx(8 ** (0.5**2.5))
    model = lilogic.freeze(network, ENCODER, name="sides", class_names=DATA.class_names)
    network.eval()
    hard = network(torch.from_numpy(ENCODER.encode(DATA.x_test)), HARD)
    assert torch.equal((hard * 2).int(), torch.from_numpy(model.scores(DATA.x_test)))


def test_what_adam_knew_of_replaced_candidates_is_forgotten() -> None:
    network = net()
    connect = network.node_layers[0].connect
    learned = torch.optim.Adam(network.parameters(), lr=0.05)
    annealing = Annealing(network, learned, SETTINGS, STEPS)
    for step in range(SETTINGS.grow_every):
        annealing.begin_step()
        cross_entropy(network(BITS[:BATCH]), LABELS[:BATCH]).backward()
        learned.step()
        before = connect.candidates.clone()
        moments = learned.state[connect.logits]["exp_avg"].clone()
        annealing.end_step()
        is_new = connect.candidates != before
        assert bool(is_new.any()) == (step + 1 == SETTINGS.grow_every)
    assert moments[is_new].any()
    for name in ("exp_avg", "exp_avg_sq"):
        assert not learned.state[connect.logits][name][is_new].any()
    assert torch.equal(learned.state[connect.logits]["exp_avg"][~is_new], moments[~is_new])


def test_layers_become_hard_at_their_time() -> None:
    network = net()
    settings = SETTINGS.model_copy(update={"harden": [0.5]})
    learned = torch.optim.Adam(network.parameters())
    annealing = Annealing(network, learned, settings, STEPS)
    for step in range(1, settings.epochs * STEPS + 1):
        annealing.begin_step()
        first, second = (layer.hard is not None for layer in network.node_layers)
        assert first == (step >= settings.epochs * STEPS / 2)
        assert not second


def test_a_loop_learns_and_freezing_costs_nothing_at_infinite_sharpness() -> None:
    network = net()
    train(network)
    network.eval()
    test = torch.from_numpy(ENCODER.encode(DATA.x_test))
    model = lilogic.freeze(network, ENCODER, class_names=DATA.class_names)
    assert model.evaluate(DATA.x_test, DATA.y_test) > 0.8
    assert model.class_names == ["left", "right"]
    assert [layer.gates for layer in model.metadata.layers] == [24, 12]
    scores = torch.from_numpy(model.scores(DATA.x_test))
    with torch.no_grad():
        distances = [
            (network(test, Sharpness(factor, factor)) * 2 - scores).abs().max().item()
            for factor in (1.0, 100.0, 1e8)
        ]
        assert torch.equal(network(test, HARD) * 2, scores.float())
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] < 1e-2
    # Without an encoder, a model reads bits.
    bits = lilogic.freeze(network)
    assert (bits.scores(test.numpy()) == scores.numpy()).all()
    assert bits.class_names == ["0", "1"]


def test_what_does_not_belong_together_is_not_frozen() -> None:
    with pytest.raises(DataError, match="there are 3 class_names for 2 classes"):
        lilogic.freeze(net(), class_names="abc")
    with pytest.raises(GraphError):
        lilogic.freeze(net(), fitting.fit(DATA.x_train, bits=1))


def test_the_same_loop_makes_the_same_network_and_copies_go_their_own_way() -> None:
    first, second = net(), net()
    for network in (first, second):
        torch.manual_seed(1)
        train(network, 1)
    twin = copy.deepcopy(first)
    assert torch.equal(first(BITS), second(BITS))
    assert torch.equal(twin(BITS), first(BITS))
    assert twin.layers[0] is twin.stages[0][0]
    train(twin, 1)
    assert not torch.equal(twin(BITS), first(BITS))
    assert torch.equal(first(BITS), second(BITS))


@pytest.mark.parametrize("epochs", [1, 2, 4])
@pytest.mark.parametrize("candidates", [4, "all"])
def test_a_state_loads_into_a_new_network_whatever_is_left_of_its_wires(
    tmp_path: Path, epochs: int, candidates: Any
) -> None:
    network = net(candidates=candidates)
    train(network, epochs)
    save_file(network.state_dict(), tmp_path / "net.safetensors")
    state = load_file(tmp_path / "net.safetensors")
    other = net(candidates=candidates, seed=9)
    other(BITS)
    assert str(other.load_state_dict(state)) == "<All keys matched successfully>"
    for one in (network, other):
        one.sharpness = [Sharpness(3.0, 2.0)] * 2
    assert torch.equal(other(BITS), network(BITS))
    assert (other.freeze().a == network.freeze().a).all()
    # It goes on from there, and an older state brings back what was pruned.
    annealing = Annealing(
        other, torch.optim.Adam(other.parameters()), SETTINGS, STEPS, done=epochs * STEPS
    )
    annealing.begin_step()
    other.load_state_dict(net(candidates=candidates).state_dict())
    assert torch.equal(other(BITS, Sharpness()), net(candidates=candidates)(BITS))


def test_an_optimizer_of_other_parameters_is_refused() -> None:
    network = net()
    optimizer = torch.optim.Adam(network.parameters())
    narrow = net(candidates=2).state_dict()
    network.load_state_dict(narrow)
    with pytest.raises(LilogicError, match=r"does not have .*logits; make it after"):
        Annealing(network, optimizer, SETTINGS, STEPS)
    with pytest.raises(LilogicError, match="an epoch has 0 steps"):
        Annealing(net(), optimizer, SETTINGS, 0)


def test_gains_of_several_passes_count_together_and_those_without_gradients_not() -> None:
    network = net()
    optimizer = torch.optim.Adam(network.parameters())
    annealing = Annealing(network, optimizer, TrainRecipe(grow_every=1), STEPS)
    annealing.begin_step()
    for _ in range(2):
        cross_entropy(network(BITS[:20]), LABELS[:20]).backward()
    network(BITS[:7])  # without a backward pass
    network.eval()
    with torch.no_grad():
        network(BITS)
    assert len(network.taps or []) == 6
    optimizer.step()
    before = network.node_layers[0].connect.candidates.clone()
    annealing.end_step()
    assert network.taps is None
    changed = (network.node_layers[0].connect.candidates != before).sum(-1)
    assert (changed == 1).all()  # once, though there were several passes


@pytest.mark.parametrize("kernel", there.EACH)
@pytest.mark.parametrize("candidates", [4, "all"])
@pytest.mark.parametrize("reads", ["previous", "all"])
def test_gradients_reach_what_stands_before_the_network(
    kernel: kernels.Kernel, candidates: Any, reads: str
) -> None:
    settings = {"candidates": candidates, "reads": reads}
    mine, reference = (
        net(kernel=each, input_gradients=True, **settings)
        for each in (kernel, kernels.KERNELS["reference"])
    )
    x = torch.rand(9, ENCODER.n_bits, generator=torch.Generator().manual_seed(0))
    found = []
    for network in (mine, reference):
        leaf = x.clone().requires_grad_()
        network(leaf).square().sum().backward()
        found.append(leaf.grad)
    torch.testing.assert_close(*found)
    front = nn.Sequential(nn.Linear(5, ENCODER.n_bits), nn.Sigmoid(), mine)
    front(torch.rand(4, 5)).sum().backward()
    assert front[0].weight.grad.abs().sum() > 0
    blind = net(kernel=kernel, **settings)
    with pytest.raises(DataError, match=r"require gradients, but .* input_gradients=True, or pass"):
        blind(x.clone().requires_grad_())
    with torch.no_grad():
        blind(x.clone().requires_grad_())


BITS_OF = ENCODER.n_bits


@pytest.mark.parametrize("candidates", [4, "all"])
@pytest.mark.parametrize(
    ("x", "message"),
    [
        (np.zeros((3, BITS_OF)), "inputs are ndarray, but must be a torch.Tensor"),
        (torch.zeros(BITS_OF, 3), r"shape \(40, 3\), but .* \(batch, 40\), .*; pass x.T"),
        (torch.zeros(BITS_OF), r"shape \(40,\), .*; pass x\[None\]"),
        (torch.zeros(3, 5, 8), r"shape \(3, 5, 8\), .*; pass x.flatten\(1\)"),
        (torch.zeros(3, 41), r"shape \(3, 41\), but the network reads \(batch, 40\), a row for"),
        (torch.zeros(3, BITS_OF, device="meta"), "inputs are on meta, but the network is on cpu"),
        (torch.zeros(3, BITS_OF, dtype=torch.complex64), "must be bool, or numbers from 0 to 1"),
        (torch.full((3, BITS_OF), 1.5), "inputs have 1.5 for bit 0 of sample 0, .* from 0 to 1"),
        (torch.full((3, BITS_OF), -0.1), "inputs have -0.1 "),
        (torch.full((3, BITS_OF), torch.nan), "inputs have nan for bit 0 of sample 0"),
        (torch.full((3, BITS_OF), torch.inf), "inputs have inf for bit 0 of sample 0"),
        (torch.full((3, BITS_OF), 200, dtype=torch.uint8), "inputs have 200 .* bits are 0 and 1"),
        (torch.full((3, BITS_OF), -1), "inputs have -1 .* bits are 0 and 1"),
    ],
)
def test_what_is_no_batch_of_bits_is_one_line(x: Any, message: str, candidates: Any) -> None:
    with pytest.raises(DataError, match=message) as caught:
        net(candidates=candidates)(x)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("kernel", there.EACH)
def test_bits_of_every_dtype_and_layout_count_alike(kernel: kernels.Kernel) -> None:
    network = net(kernel=kernel)
    expected = network(BITS)
    wide = torch.zeros(len(BITS), 2 * BITS_OF, dtype=torch.bool)
    wide[:, ::2] = BITS
    layouts = [BITS.T.contiguous().T, BITS.contiguous(), wide[:, ::2], BITS[:1].expand(4, -1)]
    for x, logits in zip(layouts, [expected] * 3 + [expected[:1].expand(4, -1)], strict=True):
        for dtype in (torch.bool, torch.uint8, torch.int64, torch.float16, torch.float64):
            torch.testing.assert_close(network(x.to(dtype)), logits)
    for dtype in (torch.bool, torch.float32):
        none = network(torch.zeros(0, BITS_OF, dtype=dtype))
        assert none.shape == (0, 2)
        none.sum().backward()
