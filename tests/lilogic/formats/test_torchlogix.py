"""torchlogix' networks: recorded scores, and the package itself where it is installed."""

import gzip
import importlib.util
import json
import random
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from safetensors.numpy import save
from safetensors.torch import load_file, save_file

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.infer import golden
from tests.lilogic.formats.test_state_dict import assert_scores, bits, saved

RECORDED = Path(__file__).parent / "torchlogix"
DOCS = Path(__file__).parents[3] / "docs" / "formats.md"


def torchlogix_layers():
    """torchlogix' layers; its export of circuits, which we do without, needs Python 3.12."""
    if importlib.util.find_spec("torchlogix") is None:
        pytest.skip("torchlogix is not installed")
    if sys.version_info < (3, 12) and "torchlogix.circuit" not in sys.modules:
        stub = ModuleType("torchlogix.circuit")
        stub.Circuit = None
        sys.modules["torchlogix.circuit"] = stub
    return importlib.import_module("torchlogix.layers")


@pytest.mark.parametrize(
    ("parametrization", "connections", "rank", "exported"),
    [
        ("raw", "fixed", 2, False),
        ("raw", "learnable", 2, False),
        ("raw", "learnable", 2, True),
        ("warp", "fixed", 2, True),
        ("light", "fixed", 2, True),
        ("warp", "learnable", 4, True),
    ],
)
def test_dense_layers_tell_everything(tmp_path, parametrization, connections, rank, exported):
    package = torchlogix_layers()
    torch.manual_seed(0)
    options = {
        "lut_rank": rank,
        "parametrization": parametrization,
        "parametrization_kwargs": {"weight_init": "random"},
        "connections": connections,
    }
    model = torch.nn.Sequential(
        package.LogicDense(24, 60, **options),
        package.LogicDense(60, 30, **options),
        package.GroupSum(3),
    ).eval()
    x = bits(200, 24)
    with torch.no_grad():
        if parametrization == "light":  # centred, so that its tables are not all ones
            for layer in model[:2]:
                layer.weight -= 0.5
        expected = model(x.float()).round().int()
    if exported:
        export(model)
    path = saved(tmp_path / "net.pth", model.state_dict())
    assert expected.unique().numel() > 3
    assert_scores(path, x, expected, 3)


def export(model):
    """Switch to export mode, as the package does for those layers that have one."""
    for module in model.modules():
        if hasattr(module, "_on_export_mode"):
            module._on_export_mode(True)


class Drawn:
    """A random network of torchlogix, samples, and the scores that the package gives them."""

    def __init__(self, seed):
        self.package = torchlogix_layers()
        torch.manual_seed(seed)
        self.draw = random.Random(seed)
        self.shape = [self.draw.choice([1, 1, 2, 3]), *(self.draw.randint(5, 9) for _ in "hw")]
        self.layers = []
        with_thresholds = self.draw.random() < 0.7
        reads = [*self.shape]
        if with_thresholds:
            reads = self._thresholds()
        elif self.draw.random() < 0.5:
            self.layers.append(self.package.DummyBinarization())
        for _ in range(self.draw.randint(1, 3)):
            reads = self._convolution(reads)
            if self.draw.random() < 0.5:
                reads = self._pooling(reads)
            if self.draw.random() < 0.4:
                self._residual(reads)
        if self.draw.random() < 0.3:
            self.layers = [torch.nn.Sequential(*self.layers[:-1]), self.layers[-1]]
        self.layers.append(torch.nn.Flatten())
        self._dense(int(np.prod(reads)))
        self.model = torch.nn.Sequential(*self.layers).eval()
        samples = torch.randint(0, 256, (40, *self.shape))
        x = samples.float() / 255 if with_thresholds else (samples > 127).float()
        with torch.no_grad():
            for name, weight in self.model.named_parameters():
                if "weight" in name and weight.min() >= 0:  # centred, see above
                    weight -= 0.5
            self.scores = self.model(x).round().int().numpy()
        # As lilogic has them: channels last.
        self.samples = samples.movedim(1, -1).numpy().astype(np.uint8)
        if self.shape[0] == 1:
            self.samples = self.samples[..., 0]
        if not with_thresholds:
            self.samples = (x > 0).flatten(1).numpy()
        if self.draw.random() < 0.3 and all(
            module.lut_rank <= 4 for module in self.model.modules() if hasattr(module, "lut_rank")
        ):
            export(self.model)
        self.more = {"scale": 255} if with_thresholds else {}

    def _thresholds(self):
        count = self.draw.randint(1, 3)
        shape = self.draw.choice([(), (1,), self.shape[:1], self.shape])
        thresholds = torch.rand(*shape, count).sort(-1).values
        kind = self.draw.choice(["Fixed", "Soft", "Learnable"])
        axis = self.draw.choice([1, 2, -2, -3])
        make = getattr(self.package, f"{kind}Binarization")
        self.layers.append(make(thresholds, feature_dim=axis))
        reads = [*self.shape]
        reads[axis % 5 - 1] *= count
        return reads

    def _options(self):
        rank = self.draw.choice([2, 2, 2, 4, 6])
        kind = self.draw.choice(["raw", "raw", "warp", "light"] if rank == 2 else ["warp", "light"])
        return {
            "lut_rank": rank,
            "parametrization": kind,
            "parametrization_kwargs": {"weight_init": "random"},
        }

    def _convolution(self, reads, **fixed):
        channels, *size = reads
        field = [self.draw.randint(1, min(4, side)) for side in size]
        options = self._options() | {
            "in_dim": tuple(size),
            "channels": channels,
            "num_kernels": self.draw.randint(2, 5),
            "receptive_field_size": tuple(field),
            "stride": self.draw.randint(1, min(*field, 2)),
            "padding": self.draw.randint(0, 2),
        }
        options["tree_depth"] = self.draw.randint(1, {2: 3, 4: 2, 6: 1}[options["lut_rank"]])
        if channels > 2 and options["lut_rank"] == 2 and options["tree_depth"] > 1:
            options["connections_kwargs"] = {"channel_group_size": 2}
        made = self.package.LogicConv2d(**options)
        self.layers.append(made)
        return [options["num_kernels"], *made.kernel_positions]

    def _pooling(self, reads):
        channels, *size = reads
        kernel = tuple(self.draw.randint(1, min(3, side)) for side in size)
        stride = self.draw.choice([(1, 2), (2, 2), (2, 1)])
        padding = tuple(self.draw.randint(0, side // 2) for side in kernel)
        self.layers.append(self.package.OrPooling2d(kernel, stride, padding))
        around = zip(size, kernel, stride, padding, strict=True)
        return [channels, *((n + 2 * pad - k) // step + 1 for n, k, step, pad in around)]

    def _residual(self, reads):
        from torchlogix.modules.resblock import ResidualLogicBlock

        channels, *size = reads
        rank, depth = self.draw.choice([(2, 1), (2, 2), (4, 1)])
        options = {"lut_rank": rank, "parametrization_kwargs": {"weight_init": "random"}}
        kind = "raw" if rank == 2 else "warp"
        made = ResidualLogicBlock(
            tuple(size), channels, channels, depth, parametrization=kind, **options
        )
        if self.draw.random() < 0.5:  # the package cannot make one with a projection itself
            options |= {"tree_depth": 1, "receptive_field_size": 1}
            made.shortcut = torch.nn.Sequential(
                self.package.OrPooling2d(3, 1, 1),
                self.package.LogicConv2d(
                    tuple(size), channels, channels, parametrization=kind, **options
                ),
            )
        self.layers.append(made)

    def _dense(self, reads):
        classes = self.draw.randint(2, 4)
        options = self._options()
        width = max(reads, 12 * classes)
        if self.draw.random() < 0.5 and reads > options["lut_rank"] * 2:
            candidates = self.draw.choice([-1, 2])
            learnable = {"num_candidates": candidates, "gumbel": True}
            options |= {"connections": "learnable", "connections_kwargs": learnable}
        elif reads < options["lut_rank"]:
            options |= {"lut_rank": 2, "parametrization": "light"}
        if reads >= options["lut_rank"]:
            self.layers.append(self.package.LogicDense(reads, width, **options))
        else:
            width = reads
        if self.draw.random() < 0.5:
            narrow = -(-width // (2 * classes)) * classes
            options = self._options() | {"lut_rank": 2, "parametrization": "warp"}
            self.layers.append(self.package.LogicDense(width, narrow, **options))
            width = narrow
        if width % classes:
            classes = next(k for k in range(2, width + 1) if width % k == 0)
        self.layers.append(self.package.GroupSum(classes))


def described(drawn, file):
    """Write a network's description as the docs say."""
    code = re.search(r"```python\n(.*?def describe.*?)```", DOCS.read_text("utf-8"), re.DOTALL)
    names = {}
    exec(code[1], names)
    names["describe"](drawn.model, drawn.shape, file, **drawn.more)
    return file


def scores(graph, samples):
    return golden.scores(graph, graph.encoder.encode(samples) if graph.encoder else samples)


def check(drawn, folder):
    state = {name: tensor.contiguous() for name, tensor in drawn.model.state_dict().items()}
    path = saved(folder / "net.safetensors", state)
    graph = formats.load(path, architecture=described(drawn, folder / "net.json"))
    np.testing.assert_array_equal(scores(graph, drawn.samples), drawn.scores)


@pytest.mark.parametrize("seed", range(12))
def test_networks_of_the_package(tmp_path, seed):
    check(Drawn(seed), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 400))
def test_many_networks_of_the_package(tmp_path, seed):
    check(Drawn(seed), tmp_path)
