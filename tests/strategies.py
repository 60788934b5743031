"""hypothesis strategies: random gate graphs of every awkward kind, and their input."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import DTYPES, REAL, Preprocessing
from lilogic.data.scaling import MOST_BITS, Scaling
from lilogic.graph import GateGraph
from lilogic.graph.circuit import Builder

Draw = st.DrawFn


@st.composite
def graphs(
    draw: Draw,
    max_inputs: int = 8,
    max_gates: int = 24,
    max_classes: int = 5,
    encoder: Encoder | None = None,
) -> GateGraph:
    """Graphs with all 16 ops, skips, constants, dead and duplicate gates, and odd heads.

    Some have no gates, one class, empty heads, heads that count inputs or a node twice, negative
    offsets; gates that read mostly the newest nodes make deep ones.
    """
    n_inputs = draw(st.integers(1, max_inputs)) if encoder is None else encoder.n_bits
    reach = draw(st.sampled_from([2, 6, max_inputs + max_gates]))
    gates = []
    for node in range(n_inputs, n_inputs + draw(st.integers(0, max_gates))):
        wires = st.integers(max(0, node - reach), node - 1)
        gates.append((draw(st.integers(0, 15)), draw(wires), draw(wires)))
    if gates and draw(st.booleans()):
        gates.append(draw(st.sampled_from(gates)))
    nodes = st.integers(0, n_inputs + len(gates) - 1)
    heads = draw(st.lists(st.lists(nodes, max_size=12), min_size=1, max_size=max_classes))
    offset = draw(
        st.one_of(
            st.just([0] * len(heads)),
            st.lists(st.integers(-20, 20), min_size=len(heads), max_size=len(heads)),
        )
    )
    made = range(n_inputs, n_inputs + len(gates))
    roots = draw(st.one_of(st.just(set()), st.sets(st.sampled_from(made)))) if gates else ()
    return GateGraph.build(n_inputs, gates, heads, offset, encoder, roots=sorted(roots))


@st.composite
def table_graphs(draw: Draw, max_layers: int = 3) -> GateGraph:
    """Layers of lookup tables of 1 to 6 wires, of which roots tell; heads count any of them.

    Some tables are constants, repeat a wire or ignore some; wires skip layers.
    """
    n_inputs = draw(st.integers(2, 9))
    builder, below = Builder(n_inputs), list(range(n_inputs))
    tables: list[int] = []
    for _ in range(draw(st.integers(1, max_layers))):
        layer = []
        for _ in range(draw(st.integers(1, 4))):
            wires = draw(st.lists(st.sampled_from(below), min_size=1, max_size=6))
            table = draw(st.integers(0, 2**2 ** len(wires) - 1))
            layer.append(builder.lut(table, wires))
        tables += layer
        below = [*layer, *below[:3]]
    heads = draw(st.lists(st.lists(st.sampled_from(tables), max_size=4), min_size=1, max_size=3))
    circuit = builder.build([], tables)
    return GateGraph.build(n_inputs, [*circuit.rows()], heads, roots=circuit.roots.tolist())


@st.composite
def encoders(
    draw: Draw,
    max_bits: int = 8,
    ranked: bool = False,
    subtracting: bool = True,
    real: bool = True,
) -> Encoder:
    """Encoders of flat samples or images, cropped and resized or not.

    Bits may repeat, and thresholds may lie outside the range of the input's dtype. With ``ranked``,
    some have thresholds relative to the sample; with ``subtracting``, some compare differences;
    with ``real``, some scale real values.
    """
    if real and draw(st.booleans()):
        return draw(scaling_encoders(max_bits))
    dtype = draw(st.sampled_from(DTYPES))
    shape = draw(st.sampled_from([(1,), (3,), (4, 4), (3, 2, 2)]))
    crop = draw(st.sampled_from([None, (1, 0, 2, 2)])) if len(shape) > 1 else None
    resize = draw(st.sampled_from([None, (2, 1)])) if len(shape) > 1 else None
    preprocessing = Preprocessing(shape, dtype, crop, resize)
    n_features = preprocessing.n_features
    info = np.iinfo(dtype)
    low, high = max(int(info.min) - 2, -(2**31)), min(int(info.max) + 2, 2**31 - 1)
    thresholds = st.one_of(
        st.integers(low, high), st.sampled_from([low, int(info.min), int(info.max) - 1, high])
    )
    pairs = st.tuples(st.integers(0, n_features - 1), thresholds)
    bits = draw(st.lists(pairs, min_size=1, max_size=max_bits))
    feature, threshold = np.array(bits, dtype=np.int64).T
    ranks = st.integers(0, n_features - 1) if ranked else st.none()
    # Up to ``Encoder.zero``, so that some subtract nothing.
    others = st.lists(st.integers(0, n_features), min_size=len(bits), max_size=len(bits))
    minus = draw(st.one_of(st.none(), others if subtracting else st.none()))
    rank = draw(st.one_of(st.none(), ranks))
    return Encoder(
        preprocessing=preprocessing, feature=feature, threshold=threshold, minus=minus, rank=rank
    )


@st.composite
def scaling_encoders(draw: Draw, max_bits: int = 8) -> Encoder:
    """Encoders of real values, each feature of its own scale and width, some of no bits at all."""
    shape = draw(st.sampled_from([(1,), (3,), (2, 2)]))
    count = int(np.prod(shape))
    widths = draw(st.lists(st.integers(0, MOST_BITS), min_size=count, max_size=count))
    offsets = st.one_of(st.floats(-1e3, 1e3), st.sampled_from([0.0, -1e300, 1e-300]))
    scales = st.one_of(st.floats(1e-3, 1e3), st.sampled_from([1.0, 1e300, 1e-300]))
    scaling = Scaling(
        tuple(draw(st.lists(offsets, min_size=count, max_size=count))),
        tuple(draw(st.lists(scales, min_size=count, max_size=count))),
        tuple(widths),
    )
    feature = draw(st.lists(st.integers(0, count - 1), min_size=1, max_size=max_bits))
    threshold = [draw(st.integers(-2, 1 << widths[each])) for each in feature]
    return Encoder(
        preprocessing=Preprocessing(shape, REAL, scaling=scaling),
        feature=feature,
        threshold=threshold,
    )


@st.composite
def encoded_graphs(
    draw: Draw,
    max_gates: int = 16,
    max_classes: int = 4,
    ranked: bool = False,
    subtracting: bool = True,
    real: bool = True,
) -> GateGraph:
    """Graphs with an encoder; see ``encoders`` and ``graphs``."""
    encoder = draw(encoders(ranked=ranked, subtracting=subtracting, real=real))
    return draw(graphs(max_gates=max_gates, max_classes=max_classes, encoder=encoder))


def random_bits(graph: GateGraph, samples: int, seed: int = 0) -> npt.NDArray[np.bool_]:
    """bool [samples, n_inputs]: input bits of ``graph``."""
    return np.random.default_rng(seed).random((samples, graph.n_inputs)) < 0.5


def random_raw(encoder: Encoder, samples: int, seed: int = 0) -> npt.NDArray[Any]:
    """Raw samples [samples, *input_shape]: near the encoder's thresholds and all over its range."""
    generator = np.random.default_rng(seed)
    if encoder.preprocessing.scaling is not None:
        return _random_reals(encoder.preprocessing.scaling, generator, samples).reshape(
            samples, *encoder.input_shape
        )
    info = np.iinfo(encoder.input_dtype)
    shape = (samples, *encoder.input_shape)
    anywhere = generator.integers(info.min, info.max, shape, endpoint=True)
    near = generator.choice(encoder.threshold, shape) + generator.integers(-1, 2, shape)
    mixed = np.where(generator.random(shape) < 0.5, anywhere, near.clip(info.min, info.max))
    return mixed.astype(encoder.input_dtype)


def _random_reals(
    scaling: Scaling, generator: np.random.Generator, samples: int
) -> npt.NDArray[np.float64]:
    """Values at the points of the grid, next to them, between, beyond, and some that are none."""
    shape = (samples, len(scaling.bits))
    steps = generator.integers(-2, scaling.highest + 2, shape).astype(np.float64)
    steps += generator.choice([0.0, 0.5], shape)
    with np.errstate(over="ignore"):
        values = np.array(scaling.offset) + steps / np.array(scaling.scale)
    around = generator.choice([-np.inf, np.inf, 0.0], shape)
    values = np.where(around == 0, values, np.nextafter(values, around))
    odd = generator.choice([np.nan, np.inf, -np.inf, 0.0, -0.0, 1e308, 5e-324], shape)
    return np.where(generator.random(shape) < 0.2, odd, values)


def random_graph(layers: tuple[int, ...], n_inputs: int, classes: int, seed: int = 0) -> GateGraph:
    """A layered graph with random gates and wires whose heads share the last layer out."""
    generator = np.random.default_rng(seed)
    op, a, b = [], [], []
    start, width = 0, n_inputs
    for size in layers:
        op.append(generator.integers(0, 16, size))
        a.append(start + generator.integers(0, width, size))
        b.append(start + generator.integers(0, width, size))
        start, width = start + width, size
    return GateGraph(
        n_inputs=n_inputs,
        op=np.concatenate(op),
        a=np.concatenate(a),
        b=np.concatenate(b),
        head_nodes=np.arange(start, start + width),
        head_ptr=np.linspace(0, width, classes + 1).astype(int),
        offset=np.zeros(classes),
    )
