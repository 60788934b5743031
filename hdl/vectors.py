"""Stimulus for a compiled classifier, and the answers that software inference gives to it."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from lilogic.data.encoder import Encoder
from lilogic.errors import LilogicError
from lilogic.files import replacing
from lilogic.graph import GateGraph
from lilogic.hdl.components.interface import Interface, pack, pack_features, unpack
from lilogic.hdl.options import InputKind
from lilogic.infer import golden

VECTORS = "vectors.npz"

_WALKING = 8192

KINDS = ("dataset", "random", "threshold", "zeros", "ones", "walking", "given")
"""Where a vector comes from. They are presented in this order, but for those that were ``given`` as
values of the data input, which come first. ``threshold`` vectors, for
features only, set every feature to one of its thresholds or one above; a ``walking`` vector has a
single one on the data input, and there are 8,192 of them at most."""

Bits = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Vectors:
    """Words for the data input, and the outputs they must cause.

    Attributes:
        data: uint8 [vectors, ceil(data_width / 8)], bit ``i`` of the port is bit ``i % 8`` of
            byte ``i // 8``.
        data_width: width of the data input in bits.
        scores: int32 [vectors, classes].
        index: int32 [vectors], the predicted class.
        kind: uint8 [vectors], indices into ``KINDS``.
    """

    data: npt.NDArray[np.uint8]
    data_width: int
    scores: npt.NDArray[np.int32]
    index: npt.NDArray[np.int32]
    kind: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.data)

    def words(self) -> list[int]:
        """Each vector as the integer that its bits on the data input spell."""
        return [int.from_bytes(row, "little") for row in self.data]

    def counts(self, chosen: npt.NDArray[Any] | slice = slice(None)) -> dict[str, int]:
        """How many of the chosen vectors are of each kind; kinds without any are left out."""
        counts = np.bincount(self.kind[chosen], minlength=len(KINDS)).tolist()
        return {kind: count for kind, count in zip(KINDS, counts, strict=True) if count}

    def write(self, folder: Path) -> None:
        """Write ``vectors.npz`` into ``folder`` in one atomic step."""
        with replacing(folder / VECTORS) as path:
            np.savez_compressed(
                path,
                data=self.data,
                data_width=np.int64(self.data_width),
                scores=self.scores,
                index=self.index,
                kind=self.kind,
            )

    @classmethod
    def read(cls, folder: Path) -> Vectors:
        """Read ``vectors.npz`` from ``folder``.

        Raises:
            LilogicError: missing, cut off, or not a file of vectors.
        """
        path = folder / VECTORS
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                vectors = cls(
                    arrays["data"],
                    int(arrays["data_width"]),
                    arrays["scores"],
                    arrays["index"],
                    arrays["kind"],
                )
        except FileNotFoundError as error:
            raise LilogicError(f"{path}: not found; compile the model first") from error
        except OSError as error:
            raise LilogicError(f"{path}: cannot be read: {error.strerror or error}") from error
        except (ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise LilogicError(f"{path}: truncated or not a file of vectors ({error})") from error
        if not vectors._is_consistent():
            raise LilogicError(f"{path}: not a file of vectors: its arrays do not fit together")
        return vectors

    def _is_consistent(self) -> bool:
        count = len(self.data) if self.data.ndim else 0
        return (
            count > 0
            and self.data.shape == (count, -(-self.data_width // 8))
            and self.scores.ndim == 2
            and len(self.scores) == count
            and self.index.shape == self.kind.shape == (count,)
            and self.data.dtype == self.kind.dtype == np.uint8
            and self.scores.dtype == self.index.dtype == np.int32
            and bool((self.kind < len(KINDS)).all())
        )


def make(
    graph: GateGraph,
    interface: Interface,
    samples: npt.NDArray[Any] | None = None,
    random: int = 1000,
    seed: int = 0,
    words: Sequence[str] = (),
) -> Vectors:
    """Vectors for the classifier that ``graph`` was compiled to.

    Args:
        graph: the graph, whose software inference gives the expected outputs.
        interface: the compiled classifier's data input.
        samples: raw data-set samples [samples, *encoder.input_shape], or bits
            [samples, n_inputs] for a graph without an encoder.
        random: number of random vectors; for features, as many again near the thresholds.
        seed: of the random vectors.
        words: values of the data input, in hexadecimal, that are presented before all others.

    Raises:
        LilogicError: the samples do not fit the graph, the interface is another graph's, or a word
            is none.
    """
    graph = interface.reading(graph)
    interface.check(graph)
    width = interface.data_width
    generator = np.random.default_rng(seed)
    parts: dict[str, Bits] = {}
    if samples is not None:
        parts["dataset"] = pack(graph, interface.data, samples)
    parts["random"] = generator.random((random, width)) < 0.5
    if interface.data is InputKind.FEATURES:
        assert graph.encoder is not None  # as the interface was checked
        near = _near_thresholds(graph.encoder, random, generator)
        parts["threshold"] = pack_features(graph.encoder, near)
    parts["zeros"] = np.zeros((1, width), dtype=bool)
    parts["ones"] = np.ones((1, width), dtype=bool)
    parts["walking"] = _walking(width)

    if words:
        parts = {"given": np.array([_bits(word, width) for word in words])} | parts

    data = np.concatenate([*parts.values()])
    kind = np.repeat(
        np.array([*map(KINDS.index, parts)], dtype=np.uint8), [*map(len, parts.values())]
    )
    scores = golden.scores(graph, unpack(graph, interface.data, data))
    return Vectors(
        np.packbits(data, axis=1, bitorder="little"),
        width,
        scores,
        golden.classify(scores).astype(np.int32),
        kind,
    )


def _bits(word: str, width: int) -> list[bool]:
    """The bits, lowest first, of a number in hexadecimal, which may begin as Verilog's do."""
    try:
        value = int(word.rpartition("'h")[2], 16)
    except ValueError:
        value = -1
    if not 0 <= value < 1 << width:
        raise LilogicError(f"{word[:80]}: not a hexadecimal number of {width} bits")
    return [bool(value >> place & 1) for place in range(width)]


def _walking(width: int) -> Bits:
    """A single one at every place, or at places evenly apart where there are very many."""
    places = np.unique(np.linspace(0, width - 1, min(width, _WALKING)).astype(int))
    walking = np.zeros((len(places), width), dtype=bool)
    walking[np.arange(len(places)), places] = True
    return walking


def _near_thresholds(
    encoder: Encoder, count: int, generator: np.random.Generator
) -> npt.NDArray[Any]:
    """Integers [count, n_features]: at or just above a threshold of each feature; others zero.

    Where features are subtracted from others, half of all values are random ones, and the others
    are that near to a threshold with them.
    """
    lowest, highest = encoder.lowest, encoder.highest
    values = np.zeros((count, encoder.n_features), dtype=encoder.feature_dtype)
    order = np.argsort(encoder.feature, kind="stable")
    used, first, many = np.unique(encoder.feature[order], return_index=True, return_counts=True)
    pick = first + generator.integers(0, many, (count, len(used)))
    bits = order[pick]
    above = generator.integers(0, 2, pick.shape)
    if encoder.preprocessing.widths is not None:
        # Words have many thresholds each: none is left to chance, as far as there is room.
        systematic = np.arange(min(count, 2 * many.max(initial=0)))[:, None]
        bits[: len(systematic)] = order[first + systematic // 2 % many]
        above[: len(systematic)] = systematic % 2
    near = encoder.threshold[bits].astype(np.int64) + above
    if encoder.has_differences:
        values = generator.integers(
            lowest, int(highest.max()), values.shape, encoder.feature_dtype, endpoint=True
        )
        with_zero = np.pad(values, ((0, 0), (0, 1)))
        near += np.take_along_axis(with_zero, encoder.minus[bits], axis=1)
        near = np.where(generator.random(near.shape) < 0.5, near, values[:, used])
    values[:, used] = near.clip(lowest, highest[used])
    return values
