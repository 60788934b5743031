"""Rows of 512 bits as values inside numba functions, and comparisons that give 64 bits at once.

A row is one LLVM vector, which the compiler splits into whatever registers the processor has: one
of AVX-512, two of AVX2, four of SSE or Neon. numba's own vectorisation of loops cannot keep such a
row in registers from one iteration to the next, which counting lives from.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

LANES = 8
"""Words of 64 bits in a row."""

_ROW = ir.VectorType(ir.IntType(64), LANES)
_COMPARED = 64


# Callers leave out the first parameter, which a type checker cannot know.
_inline: Any = intrinsic


class Row(types.Type):
    """numba's type of a row."""

    def __init__(self) -> None:
        super().__init__(name="Row")


_row = Row()


@register_model(Row)
class _RowModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Row) -> None:
        super().__init__(manager, kind, _ROW)  # type: ignore[no-untyped-call]


def _pointer(context: Any, builder: Any, kind: Any, place: Any, to: ir.Type) -> Any:
    array, offset = place
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [offset]), to.as_pointer())


@_inline
def load(typing: Any, memory: Any, offset: Any) -> Any:
    """The row that begins at word ``offset`` of ``memory``, uint64 and contiguous; not checked."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        row = builder.load(_pointer(context, builder, signature.args[0], arguments, _ROW))
        row.align = 8
        return row

    return _row(memory, types.uint64), generate


@_inline
def store(typing: Any, memory: Any, offset: Any, row: Any) -> Any:
    """Write the row that begins at word ``offset`` of ``memory``; not checked."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        *place, value = arguments
        pointer = _pointer(context, builder, signature.args[0], place, _ROW)
        builder.store(value, pointer).align = 8
        return context.get_dummy_value()

    return types.void(memory, types.uint64, _row), generate


@_inline
def filled(typing: Any, word: Any) -> Any:
    """The row whose words all are ``word``."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        nothing = ir.Constant(_ROW, ir.Undefined)
        first = builder.insert_element(nothing, arguments[0], ir.IntType(32)(0))
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(first, nothing, everywhere)

    return _row(types.uint64), generate


@_inline
def exceeds(typing: Any, values: Any, offset: Any, limits: Any, at: Any) -> Any:
    """uint64: bit i tells whether ``values[offset + i] > limits[at + i]``; not checked.

    Both arrays are contiguous, of the same integer dtype, and have 64 elements from there on.
    """
    of = ir.VectorType(ir.IntType(values.dtype.bitwidth), _COMPARED)
    compare = "icmp_signed" if values.dtype.signed else "icmp_unsigned"

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sides = []
        for kind, *place in zip(signature.args[::2], arguments[::2], arguments[1::2], strict=True):
            side = builder.load(_pointer(context, builder, kind, place, of))
            side.align = values.dtype.bitwidth // 8
            sides.append(side)
        return builder.bitcast(getattr(builder, compare)(">", *sides), ir.IntType(64))

    return types.uint64(values, types.uint64, limits, types.uint64), generate


def _binary(function: Callable[..., Any], instruction: str) -> None:
    """Let rows be operands of an operator."""

    @type_callable(function)
    def _type(context: Any) -> Any:
        return lambda left, right: _row if left == right == _row else None

    @lower_builtin(function, Row, Row)  # type: ignore[no-untyped-call]
    def _generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return getattr(builder, instruction)(*arguments)


_binary(operator.and_, "and_")
_binary(operator.or_, "or_")
_binary(operator.xor, "xor")
_binary(operator.lshift, "shl")
_binary(operator.rshift, "lshr")
