"""The convolutions' kernel beside today's other ways to compute the same training steps.

They are the dense kernel on rows unrolled over all places, the definition in plain torch, and
torchlogix's own convolutions of the same shape where that package is installed. All do whole
training steps (forward, loss, backward, Adam) on the same batch and threads, one after the other in
several rounds. Prints a table and writes build/bench/convolve.json.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from typing import Any
from unittest.mock import Mock

import numba
import numpy as np
import records
import torch
from rich.console import Console
from torch import nn
from train import SHARPNESS, compared, seconds, stepper, versions_table

from lilogic import cores
from lilogic.learn.kernels import KERNELS, Kernel, memory
from lilogic.learn.kernels.wiring import Wiring
from lilogic.learn.net.logic_net import LogicNet
from lilogic.learn.recipe import ConvRecipe
from lilogic.learn.windows import Windows

SIDE, CHANNELS, CLASSES = 28, 2, 10
STRIDES = (2, 1, 2, 1)
OURS = "convolution's kernel"


class Unrolled:
    """Convolutions as the dense kernel computes them: each filter's gate at each place a gate."""

    def __init__(self) -> None:
        self._wirings: dict[int, Wiring] = {}

    def convolution(
        self,
        x: torch.Tensor,
        windows: Windows,
        candidates: torch.Tensor | None,
        weights: torch.Tensor,
        coefficients: torch.Tensor,
    ) -> torch.Tensor:
        """See ``reference.convolution``."""
        if id(windows) not in self._wirings:
            rows = torch.from_numpy(windows.rows[windows.sets(len(coefficients))])
            rows = torch.where(rows < 0, len(x), rows).expand(2, *rows.shape)
            if candidates is not None:
                rows = rows.gather(2, candidates[..., None].expand(-1, -1, -1, windows.n_places))
            unrolled = rows.swapaxes(2, 3).flatten(1, 2).contiguous()
            self._wirings[id(windows)] = Wiring(len(x) + 1, unrolled)
        padded = nn.functional.pad(x.to(weights.dtype), (0, 0, 0, 1))
        places = windows.n_places
        spread = weights.repeat_interleave(places, 1), coefficients.repeat_interleave(places, 0)
        return KERNELS["cpu"].layer(padded, self._wirings[id(windows)], *spread, None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--threads", type=int, default=cores.usable(), help="default: all cores")
    parser.add_argument("--rounds", type=int, default=5, help="rounds to take medians of")
    parser.add_argument("--filters", type=int, nargs=4, default=[60, 60, 240, 240])
    parser.add_argument("--candidates", type=int, default=8)
    parser.add_argument("--batch", type=int, default=256)
    options = records.parse(parser, "convolve")
    torch.set_num_threads(options.threads)
    numba.set_num_threads(options.threads)
    memory.keep_freed()
    result = measure(options)
    records.finish(options, result, show, threads=options.threads)


def network(options: argparse.Namespace, kernel: Kernel) -> LogicNet:
    """Four layers of 3×3 windows and a dense one to count."""
    filters = zip(options.filters, STRIDES, strict=True)
    layers = [
        ConvRecipe(arrangement="conv", channels=channels, stride=stride, padding=1)
        for channels, stride in filters
    ]
    bits = CHANNELS * SIDE**2
    planes = np.arange(bits).reshape(CHANNELS, SIDE, SIDE)
    return LogicNet(
        bits, [*layers, 1000], CLASSES, options.candidates, 5.0, kernel, 0, planes=planes
    )


def torchlogix_network(options: argparse.Namespace) -> nn.Module | None:
    """The same shape of torchlogix's layers: a gate a filter, fixed wires; None without it."""
    if find_spec("torchlogix") is None:
        return None
    # Its module of circuits needs Python 3.12, and nothing here needs that.
    sys.modules.setdefault("torchlogix.circuit", Mock())
    from torchlogix.layers import LogicConv2d

    side, below, layers = SIDE, CHANNELS, []
    for filters, stride in zip(options.filters, STRIDES, strict=True):
        layers.append(
            LogicConv2d(
                in_dim=side,
                channels=below,
                num_kernels=filters,
                tree_depth=1,
                receptive_field_size=3,
                stride=stride,
                padding=1,
            )
        )
        side, below = -(-side // stride), filters
    return nn.Sequential(*layers, nn.Flatten())


def measure(options: argparse.Namespace) -> dict[str, Any]:
    """Milliseconds a step of each version, as medians over rounds, and how many times ours."""
    generator = torch.Generator().manual_seed(0)
    bits = (torch.rand(CHANNELS * SIDE**2, options.batch, generator=generator) < 0.3).T
    y = torch.randint(0, CLASSES, (options.batch,), generator=generator)
    cpu, reference = KERNELS["cpu"], KERNELS["reference"]
    unrolled = cpu._replace(convolution=Unrolled().convolution)
    kernels = {OURS: cpu, "dense kernel, unrolled": unrolled, "plain torch": reference}
    nets = {name: network(options, kernel) for name, kernel in kernels.items()}
    with torch.no_grad():
        logits = [net(bits, SHARPNESS) for net in nets.values()]
    steps = {
        name: stepper(net, lambda net=net: net(bits, SHARPNESS), y) for name, net in nets.items()
    }
    if (other := torchlogix_network(options)) is not None:
        images = bits.reshape(-1, CHANNELS, SIDE, SIDE).float()
        steps["torchlogix, wires fixed"] = stepper(
            other, lambda: other(images).view(len(images), CLASSES, -1).sum(-1) / 5.0, y
        )
    rounds: dict[str, list[float]] = {name: [] for name in steps}
    for step in steps.values():
        seconds(step, 1)  # compiles and warms up
    for _ in range(options.rounds):
        for name, step in steps.items():
            rounds[name].append(seconds(step, 5 if name == OURS else 1))
    described = nets[OURS].described()
    return {
        "filters": options.filters,
        "gates": sum(layer.gates for layer in described if layer.filters),
        "candidates": options.candidates,
        "batch": options.batch,
        "largest_difference_of_logits": max(
            (logits[0] - each).abs().max().item() for each in logits
        ),
        "versions": compared(rounds, rounds[OURS], options.batch),
    }


def show(result: dict[str, Any]) -> None:
    """Print the table."""
    console = Console(highlight=False)
    console.print(
        f"{', '.join(map(str, result['filters']))} filters, {result['gates']:,} gates at all "
        f"places, K={result['candidates']}, batch {result['batch']}"
    )
    console.print(versions_table(result["versions"]))
    console.print(f"largest difference of logits: {result['largest_difference_of_logits']:.1e}")


if __name__ == "__main__":
    main()
