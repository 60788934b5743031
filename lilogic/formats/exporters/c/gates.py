"""Gates in C, twice: of words, in which each bit is another sample's, and of a single sample."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lilogic.formats.exporters.c.samples import Samples
from lilogic.formats.exporters.c.schedule import Part, Place, Schedule, Step
from lilogic.graph import GateGraph, gates

_EXPRESSIONS = (
    "0", "{a} & {b}", "{a} & ({b} ^ {ones})", "{a}", "({a} ^ {ones}) & {b}", "{b}", "{a} ^ {b}",
    "{a} | {b}",
)  # fmt: skip
"""A C expression for each op below 8; the others are complements of these."""

Spell = Callable[[int], str]


def of_words(graph: GateGraph, plan: Schedule) -> str:
    """``net_block``, which counts a class's head for all samples of a word."""
    functions = [*_functions("block", plan, _block)]
    calls = [
        [f"net_block_{number}(x, v, c, plane);" for number in numbers] for numbers in _numbers(plan)
    ]
    cases = _cases(calls, lambda class_: f"return {graph.offset[class_]};")
    count = [_COUNT] if len(graph.head_nodes) else []
    return "\n".join([*count, *functions, _BLOCK.replace("CASES", cases)])


def of_a_sample(graph: GateGraph, plan: Schedule, samples: Samples) -> str:
    """``net_single``, which is the score of a class for one sample."""

    def single(name: str, part: Part) -> str:
        head = f"static uint8_t {name}({samples.parameters}, uint8_t *v)"
        lines = ["uint8_t n = 0;"]
        for step in part:
            value = _expression(step, samples.bit, "1")
            if step.slot is not None:
                lines.append(f"v[{step.slot}] = {value};")
                value = f"v[{step.slot}]"
            if step.counted:
                lines.append(f"n = (uint8_t)(n + ({value}));")
        return _function(head, lines, "return n;", samples.arguments)

    functions = [*_functions("single", plan, single)]
    calls = [
        [f"n += net_single_{number}({samples.arguments}, v);" for number in numbers]
        for numbers in _numbers(plan)
    ]
    cases = _cases(calls, lambda class_: f"return n{_signed(graph.offset[class_])};")
    body = _SINGLE.replace("CASES", cases).replace("PARAMETERS", samples.parameters)
    unused = "".join(f"    (void){name};\n" for name in samples.arguments.split(", "))
    return "\n".join([*functions, body.replace("    UNUSED\n", unused)])


def planes(graph: GateGraph) -> int:
    """Binary digits of the longest head's count."""
    return max(1, int(np.diff(graph.head_ptr).max()).bit_length())


def _block(name: str, part: Part) -> str:
    lines, counted = [], 0
    for step in part:
        value = _expression(step, lambda index: f"x[{index}]", "NET_ONES")
        if step.slot is not None:
            lines.append(f"v[{step.slot}] = {_cast(value)};")
            value = f"v[{step.slot}]"
        if step.counted:
            lines.append(f"c[{counted}] = {_cast(value)};")
            counted += 1
    head = f"static void {name}(const net_word *x, net_word *v, net_word *c, net_word *plane)"
    if counted % 2:
        lines.append(f"c[{counted}] = 0;")
    count = f"net_count(c, {counted}, plane);" if counted else ""
    return _function(head, lines, count, "x, v, c, plane")


def _cast(value: str) -> str:
    return f"(net_word)({value})" if " " in value else value


def _function(head: str, lines: list[str], last: str, parameters: str) -> str:
    body = " ".join([*lines, last])
    unused = [
        f"(void){name};"
        for name in {*parameters.split(", "), "v"}
        if f"{name}[" not in body and f" {name}" not in body
    ]
    text = "\n".join(f"    {line}" for line in [*lines, *sorted(unused), last] if line)
    return f"{head}\n{{\n{text}\n}}\n"


def _functions(kind: str, plan: Schedule, function: Callable[[str, Part], str]) -> Iterator[str]:
    parts = (part for parts in plan.classes for part in parts)
    for number, part in enumerate(parts):
        yield function(f"net_{kind}_{number}", part)


def _numbers(plan: Schedule) -> Iterator[range]:
    """For each class, the numbers of its parts."""
    start = 0
    for parts in plan.classes:
        yield range(start, start + len(parts))
        start += len(parts)


def _signed(offset: int) -> str:
    return f" {'-' if offset < 0 else '+'} {abs(offset)}" if offset else ""


def _cases(calls: list[list[str]], last: Callable[[int], str]) -> str:
    lines = []
    for class_, statements in enumerate(calls):
        label = f"case {class_}:" if class_ < len(calls) - 1 else "default:"
        lines += [f"    {label}", *(f"        {line}" for line in [*statements, last(class_)])]
    return "\n".join(lines)


def _expression(step: Step, bit: Spell, ones: str) -> str:
    def spelled(place: Place) -> str:
        return bit(place.number) if place.is_input else f"v[{place.number}]"

    op = step.op
    base = _EXPRESSIONS[min(op, gates.TRUE - op)].format(
        a=spelled(step.a), b=spelled(step.b), ones=ones
    )
    if op < 8:
        return base
    return ones if op == gates.TRUE else f"({base}) ^ {ones}"


_COUNT = """\
/* Adds n values to the counts of all samples: bit s of plane p is bit p of sample s's count.
 * Two at a time go through a full adder, so planes ripple half as often; behind an odd n is a 0. */
static void net_count(const net_word *value, int n, net_word *plane)
{
    for (int i = 0; i < n; i += 2) {
        const net_word a = value[i], b = value[i + 1], c = plane[0];
        net_word carry = (net_word)((a & b) | (c & (a ^ b)));
        plane[0] = (net_word)(a ^ b ^ c);
        for (int p = 1; carry; p++) {
            const net_word old = plane[p];
            plane[p] = (net_word)(old ^ carry);
            carry = (net_word)(carry & old);
        }
    }
}
"""

_BLOCK = """\
/* Adds the counts of a class to the planes, and returns what its scores start from. Values are
 * kept in v from one class to the next, so classes come in order; c is for values to count. */
static int32_t net_block(
    int32_t which, const net_word *x, net_word *v, net_word *c, net_word *plane)
{
    (void)x, (void)v, (void)c, (void)plane;
    switch (which) {
CASES
    }
}
"""

_SINGLE = """\
/* The score of a class. Values are kept in v from one to the next, so classes come in order. */
static int32_t net_single(int32_t which, PARAMETERS, uint8_t *v)
{
    int32_t n = 0;
    UNUSED
    (void)v;
    switch (which) {
CASES
    }
}
"""
