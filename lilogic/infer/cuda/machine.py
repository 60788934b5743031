"""Running levels on a GPU: launches of programs, and batches that come and go meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
import triton

from lilogic.data.encoder import Encoder
from lilogic.data.preprocessing import as_array
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.infer.cuda import levels, programs
from lilogic.infer.layouts import pack_bits

_BATCH = 2**16
"""Samples that are copied and computed at once, at most: so many fill a GPU."""

_MEMORY = 2**30
"""Bytes that the rows of a batch may take."""

_IN_FLIGHT = 2
"""Batches at a time, so that one is copied while another one is computed."""

_SAMPLES = 32
_BITS = {"ROWS": 4, "WORDS": 8}
_GATES = {"GATES": 32, "WORDS": 32}
_SUMS = {"SUMS": 16, "WORDS": 16}
_CLASSIFIED = {"BLOCK": 256}


class Machine:
    """A graph on a GPU, which takes samples as they come; see ``Predictor``.

    Args:
        graph: what to compute.
        device: where; the CPU where Triton interprets.

    Attributes:
        batch: how many samples are computed at once.
    """

    def __init__(self, graph: GateGraph, device: torch.device) -> None:
        self._graph, self._device = graph, device
        simplified = passes.simplify(graph)
        plan = levels.of_graph(simplified)
        self._levels = [
            (*map(self._placed, level.gates), self._placed(level.rows)) for level in plan.levels
        ]
        self._counted = [*map(self._placed, plan.counted)]
        self._pointers, self._offset = self._placed(plan.pointers), self._placed(plan.offset)
        self._n_rows, self._n_inputs = plan.n_rows, len(plan.inputs)
        self._read = (
            _Bits(plan.inputs, self._placed)
            if graph.encoder is None
            else _Comparisons(graph.encoder, plan.inputs, self._placed)
        )
        self.batch = min(_BATCH, max(1, _MEMORY // (4 * plan.n_rows)) * _SAMPLES)

    def scores(self, samples: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """int32 [samples, classes].

        Raises:
            DataError: samples that do not fit the graph.
        """
        read = self._features(samples)
        made = np.empty((len(read), len(self._offset)), np.int32)
        self._run(read, lambda features: self.scores_of(features).T.contiguous(), made)
        return made

    def classify(self, samples: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """int64 [samples]: the first class with the highest score; errors as ``scores``."""
        read = self._features(samples)
        made = np.empty(len(read), np.int64)
        self._run(read, self.classes_of, made)
        return made

    def scores_of(self, features: torch.Tensor) -> torch.Tensor:
        """int32 [classes, samples] of what is on the GPU already.

        Args:
            features: integers [samples, n_features] of the encoder; without one, int32
                [samples, words] of packed bits, 32 a word.
        """
        samples = len(features)
        words = triton.cdiv(samples, _SAMPLES)
        memory = self._empty(self._n_rows, words)
        if self._n_inputs and samples:
            self._read(features, memory)
        for level in self._levels if samples else ():
            count = len(level[-1])
            grid = triton.cdiv(count, _GATES["GATES"]), triton.cdiv(words, _GATES["WORDS"])
            programs.gates[grid](*level, memory, count, words, **_GATES)
        made = self._empty(len(self._offset), samples)
        if samples:
            grid = len(made), triton.cdiv(words, _SUMS["WORDS"])
            counted = *self._counted, self._pointers, self._offset
            programs.scores[grid](*counted, memory, made, words, samples, **_SUMS)
        return made

    def classes_of(self, features: torch.Tensor) -> torch.Tensor:
        """int32 [samples]: the classes of what is on the GPU already; see ``scores_of``."""
        scores = self.scores_of(features)
        classes, samples = scores.shape
        made = self._empty(samples)
        if samples:
            grid = (triton.cdiv(samples, _CLASSIFIED["BLOCK"]),)
            programs.classify[grid](scores, made, classes, samples, **_CLASSIFIED)
        return made

    def _features(self, samples: npt.ArrayLike) -> npt.NDArray[Any]:
        """What ``scores_of`` reads, on the CPU."""
        raw, encoder = as_array(samples), self._graph.encoder
        if encoder is None:
            # Halves of words stand in the order of their bits.
            return pack_bits(golden.checked(self._graph, raw)).view("<i4")
        features = encoder.features(raw)
        # PyTorch does not compute with all unsigned integers.
        return features.astype(np.int32) if features.dtype == np.uint16 else features

    def _run(
        self,
        read: npt.NDArray[Any],
        compute: Callable[[torch.Tensor], torch.Tensor],
        made: npt.NDArray[Any],
    ) -> None:
        """Fill ``made``, batch by batch, of which two are on their way at any time."""
        lanes = [_Lane(self._device) for _ in range(_IN_FLIGHT)]
        starts = range(0, len(read), self.batch)
        for number, start in enumerate(starts):
            part = slice(start, start + self.batch)
            lanes[number % _IN_FLIGHT].begin(read[part], compute, made[part])
        for lane in lanes:
            lane.finish()

    def _placed(self, array: npt.NDArray[Any]) -> torch.Tensor:
        return torch.from_numpy(array).to(self._device)

    def _empty(self, *shape: int) -> torch.Tensor:
        return torch.empty(shape, dtype=torch.int32, device=self._device)


class _Lane:
    """One batch at a time, from the CPU's memory and back, beside what other lanes do."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._stream = None
        if device.type == "cuda":
            self._stream = torch.cuda.Stream(device)  # type: ignore[no-untyped-call]
        self._unread: tuple[torch.Tensor, npt.NDArray[Any]] | None = None

    def begin(
        self,
        read: npt.NDArray[Any],
        compute: Callable[[torch.Tensor], torch.Tensor],
        made: npt.NDArray[Any],
    ) -> None:
        """Start with a batch, once the one before it is finished."""
        self.finish()
        # PyTorch warns of arrays that cannot be written to.
        batch = torch.from_numpy(np.require(read, requirements=["C", "W"]))
        if self._stream is not None:
            # Only pinned memory is copied while the GPU and the CPU do something else.
            batch = batch.pin_memory()
        with self._working():
            results = compute(batch.to(self._device, non_blocking=True))
            self._unread = results.to("cpu", non_blocking=True), made

    def finish(self) -> None:
        """Wait for the batch that was begun, if there is one, and write what came of it."""
        if self._unread is None:
            return
        if self._stream is not None:
            self._stream.synchronize()
        results, made = self._unread
        made[...] = results.numpy()
        self._unread = None

    def _working(self) -> AbstractContextManager[Any]:
        return nullcontext() if self._stream is None else torch.cuda.stream(self._stream)


class _Bits:
    """Rows of packed bits."""

    def __init__(
        self,
        inputs: npt.NDArray[np.int64],
        placed: Callable[[npt.NDArray[Any]], torch.Tensor],
    ) -> None:
        self._bit = placed(inputs.astype(np.int32))

    def __call__(self, packed: torch.Tensor, memory: torch.Tensor) -> None:
        """Write the first rows of memory, int32 [rows, words], of int32 [samples, words]."""
        count, words = len(self._bit), memory.shape[1]
        grid = triton.cdiv(count, _BITS["ROWS"]), triton.cdiv(words, _BITS["WORDS"])
        across = packed.T.contiguous()
        programs.take[grid](across, self._bit, memory, count, words, len(packed), **_BITS)


class _Comparisons:
    """Rows of an encoder's bits, whatever it compares."""

    def __init__(
        self,
        encoder: Encoder,
        inputs: npt.NDArray[np.int64],
        placed: Callable[[npt.NDArray[Any]], torch.Tensor],
    ) -> None:
        # No difference of features overflows.
        dtype = np.int64 if np.dtype(encoder.feature_dtype).itemsize > 2 else np.int32
        self._feature = placed(encoder.feature[inputs])
        minus = encoder.minus[inputs]
        self._minus = placed(np.where(minus == encoder.zero, np.int32(-1), minus))
        self._threshold = placed(encoder.threshold[inputs].astype(dtype))
        self._has_minus, self._rank = encoder.has_differences, encoder.rank

    def __call__(self, features: torch.Tensor, memory: torch.Tensor) -> None:
        """Write the first rows of memory, int32 [rows, words], of [samples, n_features]."""
        count, words = len(self._feature), memory.shape[1]
        shift = features
        if self._rank is not None:
            shift = features.kthvalue(self._rank + 1, 1).values.contiguous()
        grid = triton.cdiv(count, _BITS["ROWS"]), triton.cdiv(words, _BITS["WORDS"])
        compared = self._feature, self._minus, self._threshold, shift
        programs.compare[grid](
            features.T.contiguous(), *compared, memory, count, words, len(features),
            HAS_MINUS=self._has_minus, HAS_SHIFT=self._rank is not None, **_BITS,
        )  # fmt: skip
