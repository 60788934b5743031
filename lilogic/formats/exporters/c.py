"""Standalone C: a source file, its header beside it, and a self-test inside.

Bit-sliced as ``lilogic.infer.golden`` is: 64 samples share the bits of a word, and one operation
evaluates a gate for all of them. Scores are counted bit-sliced too, with full adders.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lilogic.errors import FormatError
from lilogic.files import write_text
from lilogic.graph import GateGraph
from lilogic.infer import golden
from lilogic.version import __version__

_EXPRESSIONS = (
    "0", "{a} & {b}", "{a} & ~{b}", "{a}", "~{a} & {b}", "{b}", "{a} ^ {b}", "{a} | {b}",
    "~({a} | {b})", "~({a} ^ {b})", "~{b}", "{a} | ~{b}", "~{a}", "~{a} | {b}", "~({a} & {b})",
    "~UINT64_C(0)",
)  # fmt: skip
"""For each op, a C expression of words."""

_GATES_PER_FUNCTION = 100
"""A compiler's time grows faster than a function's length."""

_SEED = 0x9E3779B97F4A7C15

_HEADER = """\
/* A classifier of two-input logic gates, made by lilogic {version}.
 *
 * It reads {inputs} bits and gives {classes} scores; the class is the first one with the highest
 * score. 64 samples are evaluated at once: bit s of each word belongs to sample s.{encoder}
 *
 * Build:  cc -O3 -c {stem}.c
 * Test:   cc -O3 -DLILOGIC_SELF_TEST {stem}.c -o test && ./test
 *
 * No state, no allocation, no dependencies; every function is reentrant.
 */
#ifndef LILOGIC_CLASSIFIER_H
#define LILOGIC_CLASSIFIER_H

#include <stdint.h>

#define LILOGIC_INPUTS {inputs}
#define LILOGIC_CLASSES {classes}
#define LILOGIC_GATES {gates}

/* Scores of 64 samples.
 * bits: LILOGIC_INPUTS words; word i holds input bit i of all samples.
 * scores: scores[s][c] is the score of class c for sample s. */
void lilogic_scores(const uint64_t bits[LILOGIC_INPUTS], int32_t scores[64][LILOGIC_CLASSES]);

/* Classes of 64 samples; arguments as above. */
void lilogic_classify(const uint64_t bits[LILOGIC_INPUTS], int32_t classes[64]);

/* The words that lilogic_scores reads, of samples with one byte for each input bit (0 or not).
 * samples: samples[s * LILOGIC_INPUTS + i] is input bit i of sample s.
 * count: 1 to 64; the other samples of the words are all zeros. */
void lilogic_pack(const uint8_t *samples, int count, uint64_t bits[LILOGIC_INPUTS]);

#endif
"""

_COUNTING = """\
/* Counts the words' bits for each of 64 samples: bit s of plane p is bit p of sample s's count.
 * Two words at a time go through a full adder, so only every other one makes the planes ripple. */
static void count(const uint64_t *value, const int32_t *node, int32_t n, uint64_t plane[PLANES])
{
    int32_t i = 0;
    for (int p = 0; p < PLANES; p++)
        plane[p] = 0;
    if (n & 1)
        plane[0] = value[node[i++]];
    for (; i < n; i += 2) {
        uint64_t a = value[node[i]], b = value[node[i + 1]], c = plane[0];
        uint64_t carry = (a & b) | (c & (a ^ b));
        plane[0] = a ^ b ^ c;
        for (int p = 1; carry; p++) {
            uint64_t old = plane[p];
            plane[p] = old ^ carry;
            carry &= old;
        }
    }
}

void lilogic_scores(const uint64_t bits[LILOGIC_INPUTS], int32_t scores[64][LILOGIC_CLASSES])
{
    uint64_t value[NODES];
    evaluate(bits, value);
    for (int c = 0; c < LILOGIC_CLASSES; c++) {
        uint64_t plane[PLANES];
        count(value, counted + first[c], first[c + 1] - first[c], plane);
        for (int s = 0; s < 64; s++) {
            int32_t score = offset[c];
            for (int p = 0; p < PLANES; p++)
                score += (int32_t)(plane[p] >> s & 1) << p;
            scores[s][c] = score;
        }
    }
}

void lilogic_classify(const uint64_t bits[LILOGIC_INPUTS], int32_t classes[64])
{
    int32_t scores[64][LILOGIC_CLASSES];
    lilogic_scores(bits, scores);
    for (int s = 0; s < 64; s++) {
        classes[s] = 0;
        for (int c = 1; c < LILOGIC_CLASSES; c++)
            if (scores[s][c] > scores[s][classes[s]])
                classes[s] = c;
    }
}

void lilogic_pack(const uint8_t *samples, int count, uint64_t bits[LILOGIC_INPUTS])
{
    for (int i = 0; i < LILOGIC_INPUTS; i++) {
        bits[i] = 0;
        for (int s = 0; s < count; s++)
            bits[i] |= (uint64_t)(samples[(int64_t)s * LILOGIC_INPUTS + i] != 0) << s;
    }
}
"""

_SELF_TEST = """\
#ifdef LILOGIC_SELF_TEST
#include <stdio.h>

/* What lilogic's software inference gives for 64 random samples. */
static const int32_t expected[64][LILOGIC_CLASSES] = {{
{rows}
}};

int main(void)
{{
    static uint64_t bits[LILOGIC_INPUTS];
    int32_t scores[64][LILOGIC_CLASSES], classes[64], wrong = 0;
    uint64_t x = UINT64_C({seed});
    for (int i = 0; i < LILOGIC_INPUTS; i++) {{ /* xorshift64 */
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        bits[i] = x;
    }}
    lilogic_scores(bits, scores);
    lilogic_classify(bits, classes);
    for (int s = 0; s < 64; s++) {{
        int32_t best = 0;
        for (int c = 0; c < LILOGIC_CLASSES; c++) {{
            wrong += scores[s][c] != expected[s][c];
            if (expected[s][c] > expected[s][best])
                best = c;
        }}
        wrong += classes[s] != best;
    }}
    printf(wrong ? "%d results are wrong\\n" : "64 samples, all as expected\\n", wrong);
    return wrong != 0;
}}
#endif
"""


def write(graph: GateGraph, path: Path) -> None:
    """Write ``path``, which must end in ``.c``, and the header beside it.

    Raises:
        FormatError: another suffix.
        LilogicError: a file cannot be written.
    """
    if path.suffix != ".c":
        raise FormatError(f"{path}: C goes to a file that ends in .c, with a .h beside it")
    encoder = "\n * Raw samples are encoded by the caller, as the model file says." * (
        graph.encoder is not None
    )
    header = _HEADER.format(
        version=__version__,
        inputs=graph.n_inputs,
        classes=graph.n_classes,
        gates=graph.n_gates,
        encoder=encoder,
        stem=path.stem,
    )
    write_text(path.with_suffix(".h"), header)
    write_text(path, "\n".join(_source(graph, path.stem)))


def _source(graph: GateGraph, stem: str) -> Iterator[str]:
    planes = max(1, int(np.diff(graph.head_ptr).max()).bit_length())
    yield f'/* Made by lilogic {__version__}; {stem}.h says what this is. */\n#include "{stem}.h"\n'
    yield f"#define NODES {graph.n_nodes}\n#define PLANES {planes}\n"
    yield _table("counted", graph.head_nodes.tolist() or [0])
    yield _table("first", graph.head_ptr.tolist())
    yield _table("offset", graph.offset.tolist())
    yield from _gates(graph)
    yield _COUNTING
    rows = ",\n".join(f"    {{{', '.join(map(str, row))}}}" for row in _expected(graph))
    yield _SELF_TEST.format(rows=rows, seed=f"0x{_SEED:X}")


def _table(name: str, numbers: list[int]) -> str:
    chunks = (numbers[start : start + 16] for start in range(0, len(numbers), 16))
    rows = ",\n".join(f"    {', '.join(map(str, chunk))}" for chunk in chunks)
    return f"static const int32_t {name}[] = {{\n{rows}\n}};\n"


def _gates(graph: GateGraph) -> Iterator[str]:
    """Functions that evaluate a run of gates each, and one that calls them all."""
    rows = list(graph.rows())
    starts = range(0, len(rows), _GATES_PER_FUNCTION)
    for start in starts:
        yield f"static void gates_{start}(uint64_t *v)\n{{"
        for gate, (op, a, b) in enumerate(rows[start : start + _GATES_PER_FUNCTION], start):
            expression = _EXPRESSIONS[op].format(a=f"v[{a}]", b=f"v[{b}]")
            yield f"    v[{graph.n_inputs + gate}] = {expression};"
        yield "}\n"
    yield "static void evaluate(const uint64_t *bits, uint64_t *value)\n{"
    yield "    for (int i = 0; i < LILOGIC_INPUTS; i++)\n        value[i] = bits[i];"
    yield from (f"    gates_{start}(value);" for start in starts)
    yield "}\n"


def _expected(graph: GateGraph) -> list[list[int]]:
    """Scores of the 64 samples that the self-test draws."""
    words = np.empty(graph.n_inputs, dtype="<u8")
    x, mask = _SEED, 2**64 - 1
    for i in range(graph.n_inputs):
        x ^= x << 13 & mask
        x ^= x >> 7
        x ^= x << 17 & mask
        words[i] = x
    bits = np.unpackbits(words.view(np.uint8).reshape(-1, 8), axis=1, bitorder="little").T
    scores: list[list[int]] = golden.scores(graph, bits).tolist()
    return scores
