"""torchlogix' networks: recorded scores, and the package itself where it is installed."""

import gzip
import importlib
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

from lilogic import formats
from lilogic.errors import LilogicError
from lilogic.formats.importers.arrays import ArrayBuilder
from lilogic.graph import lgn
from lilogic.infer import golden
from tests.lilogic.formats.test_state_dict import assert_scores, bits, saved

RECORDED = Path(__file__).parent / "torchlogix"
DOCS = Path(__file__).parents[3] / "docs" / "how-to" / "import-export.md"


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


RECORDINGS = {"exported": 20, "residual": 54, "wide": 66, "light": 99, "learned": 136}
"""Networks that are kept beside this file, and what they were drawn with."""


def record(seed, name):
    """Record a network of the package, its scores and samples, as ``RECORDED`` has them."""
    drawn = Drawn(seed)
    described(drawn, RECORDED / f"{name}.json")
    state = {key: tensor.contiguous().numpy() for key, tensor in drawn.model.state_dict().items()}
    (RECORDED / f"{name}.safetensors.gz").write_bytes(gzip.compress(save(state), mtime=0))
    np.savez_compressed(RECORDED / f"{name}.npz", samples=drawn.samples, scores=drawn.scores)


@pytest.mark.parametrize("name", RECORDINGS)
def test_recorded_networks(name):
    path = RECORDED / f"{name}.safetensors.gz"
    graph = formats.load(path, architecture=RECORDED / f"{name}.json")
    recorded = np.load(RECORDED / f"{name}.npz")
    np.testing.assert_array_equal(scores(graph, recorded["samples"]), recorded["scores"])


@pytest.mark.parametrize("seed", range(8))
def test_networks_of_the_package(tmp_path, seed):
    check(Drawn(seed), tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("start", range(100, 200, 25))
def test_many_networks_of_the_package(tmp_path, start):
    for seed in range(start, start + 25):
        check(Drawn(seed), tmp_path)


ROWS = np.array([0, 0, 1, 1])
COLUMNS = np.array([0, 1, 0, 1])


def small():
    """A description and tensors: 4×4 bytes, a convolution of one gate in 2×2, a gate for each."""
    corner = np.stack([2 * ROWS, 2 * COLUMNS, np.zeros(4, dtype=int)], axis=-1)
    index = np.stack([corner, corner + np.array([1, 1, 0])])[:, None, :, None]
    layers = [
        {"type": "FixedBinarization"},
        {"type": "LogicConv2d", "in_dim": 4, "stride": 2},
        {"type": "Flatten"},
        {"type": "LogicDense", "in_dim": 4},
        {"type": "GroupSum", "k": 2},
    ]
    state = {
        "0.thresholds": torch.tensor([0.5]),
        "1.tree_weights.0": torch.eye(16)[[6]][None],
        "1.connections._indices_L0": torch.from_numpy(index),
        "3.weight": torch.eye(16)[[1, 7, 3, 10]],
        "3.connections.indices": torch.tensor([[0, 1, 2, 3], [3, 2, 1, 0]]),
    }
    return {"input_shape": [1, 4, 4], "scale": 255, "layers": layers}, state


def written(folder, description, state):
    """Both files."""
    (folder / "net.json").write_text(json.dumps(description))
    return saved(folder / "net.safetensors", state), folder / "net.json"


def test_a_network_by_hand(tmp_path):
    path, description = written(tmp_path, *small())
    graph = formats.load(path, architecture=description)
    x = np.random.default_rng(0).integers(0, 256, (300, 4, 4), dtype=np.uint8)
    high = x > 127
    p, q, r, s = (
        high[:, i, j] ^ high[:, i + 1, j + 1] for i, j in ((0, 0), (0, 2), (2, 0), (2, 2))
    )
    expected = np.stack([(p & s) + 0 + (q | r), r + 0 + ~p], axis=1)
    np.testing.assert_array_equal(scores(graph, x), expected)


@pytest.mark.parametrize(
    ("dtype", "scale", "thresholds"),
    [
        ("uint8", 255, [-1, 0, 1 / 255, 0.25, 0.5, 127 / 255, 200 / 255, 1, 2]),
        ("int8", 1, [-128.5, -128, -3.5, 0, 126.5, 127]),
        ("int16", 3.7, [-1000.5, 33 / 3.7, 0.1]),
    ],
)
def test_every_value_gets_the_bits_that_torch_gives_it(tmp_path, dtype, scale, thresholds):
    values = torch.arange(np.iinfo(dtype).min, np.iinfo(dtype).max + 1)
    levels = torch.tensor(thresholds)
    bits = (values.float() / scale)[:, None] > levels
    layers = [{"type": "FixedBinarization"}, {"type": "LogicDense", "in_dim": len(thresholds)}]
    description = {"input_shape": [1], "dtype": dtype, "scale": scale, "layers": layers}
    wires = torch.arange(len(thresholds)).repeat(2, 1)
    state = {"0.thresholds": levels, "1.connections.indices": wires}
    state["1.weight"] = torch.eye(16)[[3] * len(thresholds)]
    path, file = written(tmp_path, description, state)
    graph = formats.load(path, classes=1, architecture=file)
    found = graph.encoder.encode(values.numpy().astype(dtype)[:, None])
    np.testing.assert_array_equal(found, bits.numpy())


def test_descriptions_are_toml_too(tmp_path, lilogic):
    """And the command takes them."""
    path, description = written(tmp_path, *small())
    toml = tmp_path / "net.toml"
    toml.write_text(
        """
        input_shape = [1, 4, 4]
        scale = 255
        layers = [
            { type = "FixedBinarization" },
            { type = "LogicConv2d", in_dim = 4, receptive_field_size = 2, stride = 2 },
            { type = "Flatten" },
            { type = "LogicDense", in_dim = 4 },
            { type = "GroupSum", k = 2, tau = 4.5 },
        ]
        """
    )
    made = tmp_path / "net.lgn"
    status, _, err = lilogic("import", str(path), "--architecture", str(toml), "-o", str(made))
    assert (status, err) == (0, "")
    graph, other = lgn.read(made), formats.load(path, architecture=description)
    assert [*graph.rows()] == [*other.rows()]
    assert graph.encoder.threshold.tolist() == [127] * 16

    status, _, err = lilogic("import", str(path), "-o", str(made))
    assert status == 2
    assert "describe the network (--architecture FILE)" in err


def changed(description, *path, **values):
    """The description with other values in one place, or without those that are None."""
    inner = description
    for step in path:
        inner = inner[step]
    inner |= values
    for key in [key for key, value in inner.items() if value is None]:
        del inner[key]


@pytest.mark.parametrize(
    ("path", "values", "message"),
    [
        ((), {"scale": None}, "add scale = 255 for bytes"),
        ((), {"input_shape": [1, 5, 5]}, "in_dim are 1×4×4, but the layers before make 1×5×5"),
        ((), {"input_shape": [4, 4]}, "input_shape"),
        ((), {"input_shape": [10**6] * 3}, "must have 1 to 16,777,216"),
        ((), {"layers": []}, "layers: "),
        (("layers", 0), {"feature_dim": 4}, "feature_dim is 4, but values have shape"),
        (("layers", 1), {"stride": 1}, r"needed for 3 × 3 places"),
        (("layers", 1), {"padding": 1}, "needed for 3 × 3 places"),
        (("layers", 1), {"receptive_field_size": 1}, "has 1, but only 0 to 0 exist"),
        (("layers", 1), {"stride": 1, "receptive_field_size": 3}, "not go in steps of stride 1"),
        (("layers", 1), {"receptive_field_size": 5}, "does not fit into 1×4×4"),
        (("layers", 1), {"parametrization": "warp"}, r"warp weights of 1×1 lookup tables of 2 inp"),
        (
            ("layers", 1),
            {"type": "LogicConv3d"},
            "layers.1: LogicConv3d is none of FixedBinarization, ",
        ),
        (("layers", 1), {"name": "first"}, "tensor 1.connections._indices_L0 belongs to no layer"),
        (("layers", 2), {"type": "Identity"}, "in_dim is 4, but the layers before make 1×2×2"),
        (("layers", 2), {"type": "GroupSum", "k": 1}, "GroupSum is supported only as the last"),
        (("layers", 2), {"type": "FixedBinarization"}, "is supported only as the first layer"),
        (("layers", 3), {"in_dim": 5}, "in_dim is 5, but the layers before make 4 values"),
        (("layers", 3), {"out_dim": 5}, "unknown key layers.3.LogicDense.out_dim"),
        (("layers", 4), {"k": 3}, "4 outputs cannot be divided evenly among 3 classes"),
    ],
)
def test_descriptions_that_do_not_fit_are_refused(tmp_path, path, values, message):
    description, state = small()
    changed(description, *path, **values)
    refused(*written(tmp_path, description, state), message)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        ({"type": "OrPooling2d", "kernel_size": 2}, "stride: field required"),
        ({"type": "OrPooling2d", "kernel_size": 3, "stride": 1}, "does not fit into 1×2×2"),
        (
            {"type": "OrPooling2d", "kernel_size": 2, "stride": 1, "padding": [0, 2]},
            "padding is more than half",
        ),
        (
            {
                "type": "ResidualLogicBlock",
                "main": [],
                "shortcut": [{"type": "OrPooling2d", "kernel_size": 2, "stride": 2}],
            },
            "main makes 1×2×2 values, but shortcut 1×1×1",
        ),
    ],
)
def test_layers_that_do_not_fit_are_refused(tmp_path, layer, message):
    description, state = small()
    description["layers"][2:] = [layer]
    state = {name: tensor for name, tensor in state.items() if name[0] != "3"}
    refused(*written(tmp_path, description, state), message)


@pytest.mark.parametrize(
    ("tensor", "value", "message"),
    [
        ("0.thresholds", None, "tensor 0.thresholds is missing"),
        ("0.thresholds", torch.tensor([torch.nan]), "not finite"),
        ("0.thresholds", torch.rand(3, 1), r"shape \(3, 1\), which does not fit values"),
        ("1.tree_weights.0", None, "tensor 1.tree_weights.0 is missing"),
        ("1.tree_weights.0", torch.zeros(1, 1, 4), "whether it is 'warp' or 'light'"),
        ("1.tree_weights.0", torch.full((1, 1, 16), torch.inf), "not finite"),
        ("1.connections._indices_L0", torch.zeros(2, 1, 4, 3).long(), r"shape \(2, 1, 4, 3\)"),
        ("1.connections._indices_L1", torch.tensor([[0], [1]]), "has 1, but only 0 to 0 exist"),
        ("1.connections._indices_L1", torch.tensor([[0]]), "but the tables have 2 inputs"),
        ("3.connections.indices", torch.tensor([[0] * 4, [4] * 4]), "only 0 to 3 exist"),
        ("5.weight", torch.zeros(4, 16), "tensor 5.weight belongs to no layer"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(tmp_path, tensor, value, message):
    description, state = small()
    state[tensor] = value
    state = {name: tensor for name, tensor in state.items() if tensor is not None}
    refused(*written(tmp_path, description, state), message)


def refused(path, description, message):
    with pytest.raises(LilogicError, match=message or None) as error:
        formats.load(path, architecture=description)
    assert str(error.value).startswith((f"{path}: ", f"{description}: "))
    assert "\n" not in str(error.value)


def test_what_is_no_description_is_refused(tmp_path):
    path, description = written(tmp_path, *small())
    for text in (b"", b"[]", b"{", b"\xff", b"[" * 100_000, b"input_shape = [1]"):
        for other in (description, tmp_path / "net.toml"):
            other.write_bytes(text)
            refused(path, other, "")
    refused(path, tmp_path / "none.toml", "cannot be read")


def test_without_a_description_it_is_asked_for(tmp_path):
    path = saved(tmp_path / "net.pth", small()[1])
    with pytest.raises(LilogicError, match="whose padding, pooling or scale a state dict") as error:
        formats.load(path)
    assert error.value.option == "architecture"


def test_only_state_dicts_are_described(tmp_path):
    _, description = written(tmp_path, *small())
    (tmp_path / "net.blif").write_text(".model m\n.inputs a\n.outputs a\n.end\n")
    with pytest.raises(LilogicError, match="only torchlogix networks take a description"):
        formats.load(tmp_path / "net.blif", architecture=description)


def test_wide_tables_are_expanded(tmp_path):
    """Of all widths, at several places, constants and repeated halves among them."""
    rng = np.random.default_rng(0)
    for n in range(1, 8):
        table = rng.random((40, 1 << n)) < 0.5
        table[:2], table[2:4] = False, True
        for row in range(4, 30):  # what depends on few of its inputs
            part = rng.random(1 << int(rng.integers(1, n + 1))) < 0.5
            times = (1 << n) // len(part)
            table[row] = np.repeat(part, times) if row % 2 else np.tile(part, times)
        wires = rng.integers(0, 10, (40, n, 3))
        builder = ArrayBuilder(10)
        circuit = builder.build(builder.luts(table, wires).reshape(-1))
        x = rng.random((200, 10)) < 0.5
        address = np.zeros((200, 40, 3), dtype=int)
        for bit in range(n):
            address = 2 * address + x[:, wires[:, bit]]
        expected = table[np.arange(40)[:, None], address]
        np.testing.assert_array_equal(golden.outputs(circuit, x), expected.reshape(200, -1))
