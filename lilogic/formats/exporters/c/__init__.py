"""Standalone C, which is C++ as well: a source file, its header beside it, and a self-test inside.

Bit-sliced as ``lilogic.infer.golden`` is: samples share the bits of a word, and one operation
evaluates a gate for all of them. Scores are counted bit-sliced too, with full adders. The same
gates stand there once more for a single sample, which takes a byte for each value that is kept.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from lilogic.data.levels import Levels
from lilogic.errors import FormatError
from lilogic.files import write_text
from lilogic.formats.exporters.c import gates
from lilogic.formats.exporters.c.names import check_prefix, named, prefix_of
from lilogic.formats.exporters.c.reals import Real
from lilogic.formats.exporters.c.samples import Bits, Raw, Samples
from lilogic.formats.exporters.c.schedule import COUNTED, Schedule, schedule
from lilogic.formats.exporters.c.templates import HEADER, SELF_TEST, SHORT_NAMES, SOURCE
from lilogic.graph import GateGraph, passes
from lilogic.infer import golden
from lilogic.version import __version__

WORDS = (8, 16, 32, 64)
"""Widths of words in bits, which is how many samples share one."""

CALLS = 256
"""Bytes of stack that calls and registers are given beside arrays; a test measures them."""

_SEED = 0x9E3779B97F4A7C15


def write(
    graph: GateGraph,
    path: Path,
    *,
    prefix: str | None = None,
    word: int = 64,
    input: str | None = None,
    narrow: bool = False,
) -> None:
    """Write ``path``, which must end in ``.c``, and the header beside it.

    Args:
        graph: the network.
        path: the source file.
        prefix: what all names begin with; by default the name of the file.
        word: how many samples share a word, one of ``WORDS``.
        input: ``features`` for functions that encode raw samples, ``bits`` for none; by default
            features where the graph has an encoder.
        narrow: whether hardware that the function ``net_port`` makes words for was compiled with
            narrow ones.

    Raises:
        FormatError: another suffix, a file that C cannot include, or a prefix, word or input that
            is none.
        LilogicError: a file cannot be written.
    """
    if path.suffix != ".c":
        raise FormatError(
            f"{path}: C is written to a .c file, with a .h file next to it; use the suffix .c"
        )
    if any(character in '"\\' or not character.isprintable() for character in path.stem):
        raise FormatError(f"{path}: C cannot include a file of that name; choose another")
    if word not in WORDS:
        raise FormatError(
            f"word is {word} bits, but must be {', '.join(map(str, WORDS[:-1]))} or {WORDS[-1]}",
            option="word",
        )
    prefix = prefix_of(path.stem) if prefix is None else check_prefix(prefix)
    samples, plan = _samples(graph, input, narrow), schedule(graph)
    header = _header(graph, path.stem, prefix, word, samples, plan)
    source = _source(graph, path.stem, word, samples, plan)
    write_text(path.with_suffix(".h"), named(header, prefix))
    write_text(path, named(source, prefix))


def _samples(graph: GateGraph, input: str | None, narrow: bool) -> Samples:
    if input not in (None, "bits", "features"):
        raise FormatError(f"input is {input!r}, but must be bits or features", option="input")
    if graph.encoder is not None and input != "bits":
        kind = Raw if graph.encoder.preprocessing.scaling is None else Real
        return kind(graph.encoder, _levels(graph) if narrow else None)
    if narrow:
        raise FormatError(
            "only features can be narrow, not bits; export features, or omit narrow",
            option="narrow",
        )
    if input == "features":
        raise FormatError("the network has no encoder, so it reads bits", option="input")
    return Bits(graph.n_inputs)


def _levels(graph: GateGraph) -> Levels:
    """The levels of hardware with narrow words, which is simplified before it is compiled."""
    simplified = passes.simplify(graph)
    assert simplified.encoder is not None
    return simplified.encoder.levels(simplified.alive[: graph.n_inputs])


def _header(
    graph: GateGraph, stem: str, prefix: str, word: int, samples: Samples, plan: Schedule
) -> str:
    size = word // 8
    single = max(1, plan.slots) + samples.stack
    scores = (max(1, plan.slots) + COUNTED + gates.planes(graph)) * size + 4 * word
    stack = {
        "net_classify_one": single,
        "net_scores_one": single,
        "net_classify": scores + 4 * word,
        "net_scores": scores,
    }
    if isinstance(samples, Raw):
        stack["net_encode"] = samples.stack
    what = f"raw samples of NET_VALUES values of type {samples.ctype}"
    return HEADER.substitute(
        version=__version__,
        inputs=graph.n_inputs,
        classes=graph.n_classes,
        gates=graph.n_gates,
        stem=stem,
        word=word,
        bytes=f"{graph.n_inputs * size:,}",
        stack="\n".join(f" *   {name:<17} {CALLS + n:>9,}" for name, n in stack.items()),
        calls=CALLS,
        static=f" * Constants: {samples.constants}.\n" if samples.constants else "",
        sample=f"const {samples.ctype} sample[{_length(samples)}]",
        one=what if samples.declaration else "samples of a byte for each input bit, 0 or not",
        declaration=samples.declaration,
        short="" if prefix.upper() == "LILOGIC" else SHORT_NAMES,
    )


def _source(graph: GateGraph, stem: str, word: int, samples: Samples, plan: Schedule) -> str:
    first, end = samples.test_values
    expected = golden.scores(graph, _test_bits(samples, word))
    return SOURCE.substitute(
        version=__version__,
        stem=stem,
        slots=max(1, plan.slots),
        counted=COUNTED,
        planes=gates.planes(graph),
        checks=samples.checks,
        functions=samples.functions,
        single=gates.of_a_sample(graph, plan, samples),
        block=gates.of_words(graph, plan),
        prepare=samples.prepare,
        arguments=samples.arguments,
        sample=f"const {samples.ctype} sample[{_length(samples)}]",
    ) + SELF_TEST.substitute(
        rows=",\n".join(f"    {{{', '.join(map(str, row))}}}" for row in expected.tolist()),
        seed=f"0x{_SEED:X}",
        ctype=samples.ctype,
        length=_length(samples),
        value=samples.drawn(f"{first} + (int64_t)(x >> 33) % {end - first}"),
        pack="net_encode" if samples.declaration else "net_pack",
    )


def _length(samples: Samples) -> str:
    return "NET_VALUES" if samples.declaration else "NET_INPUTS"


def _test_bits(samples: Samples, count: int) -> np.ndarray:
    """bool [samples, bits] that the self-test draws, by xorshift64."""
    first, end = samples.test_values
    values = np.empty(count * samples.size, dtype=np.int64)
    x, mask = _SEED, 2**64 - 1
    for i in range(len(values)):
        x ^= x << 13 & mask
        x ^= x >> 7
        x ^= x << 17 & mask
        values[i] = first + (x >> 33) % (end - first)
    return samples.encode(values.reshape(count, samples.size))
