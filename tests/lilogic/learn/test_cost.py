"""The encoder's cost in the loss moves wires to bits that cost less."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from lilogic.cost import bits
from lilogic.learn.net.wires import TopKConnect
from tests.lilogic.learn.runs import train

ENCODER = {"thresholds": [0.3, 0.51]}


def encoder_gates(run: Path, **settings: Any) -> float:
    graph = train(run, encoder=ENCODER, **settings)
    assert graph.encoder is not None
    return float(bits.gates(graph.encoder)[graph.alive[: graph.n_inputs]].sum())


def test_training_spares_what_the_encoder_takes(tmp_path: Path) -> None:
    assert encoder_gates(tmp_path / "spared", cost=3.0) < 0.8 * encoder_gates(tmp_path / "free")


@pytest.mark.parametrize("k", [3, 8])
def test_each_wire_reads_once(k: int) -> None:
    connect = TopKConnect(8, 5, k, torch.Generator().manual_seed(0))
    reads = connect.reads(2.0)
    assert reads.shape == (8,)
    assert reads.sum().item() == pytest.approx(10)
    reads.sum().backward()  # type: ignore[no-untyped-call]
    hard = torch.bincount(connect.chosen().reshape(-1), minlength=8)
    assert connect.reads(1e6).round().tolist() == hard.tolist()
