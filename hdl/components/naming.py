"""Names in Verilog for what is computed on the way.

Amaranth numbers what the operators of an expression give; here each gets a signal that is called
after what it is computed for and its operator, and once, however often it is used.
"""

from __future__ import annotations

from amaranth.hdl import Cat, Module, Mux, Signal, Value
from amaranth.hdl._ast import Concat, Operator, Slice, SwitchValue

_WORDS = {"~": "not", "&": "and", "|": "or", "^": "xor", "+": "sum", ">": "greater"}
"""What an operator's result is called; operators that only say how bits are read have no word."""


def named(m: Module, value: Value, name: str, *, outermost: bool = False) -> Value:
    """``value``, with a signal of ``m`` for the result of each operator inside it.

    Args:
        m: where the signals are assigned.
        value: an expression.
        name: what the signals' names begin with.
        outermost: whether the outermost operators get signals too; where ``value`` is assigned to
            a signal at once, their results have its name.
    """
    return _Namer(m, name).spelled(value, outermost)


def run(name: str, number: int) -> str:
    """What a run of values that are too many for one signal is called; the first is ``name``."""
    return f"{name}_{number + 1}" if number else name


class _Namer:
    def __init__(self, m: Module, name: str) -> None:
        self._m = m
        self._name = name
        self._known: dict[int, tuple[Value, Value]] = {}
        self._count: dict[str, int] = {}

    def spelled(self, value: Value, outermost: bool = True) -> Value:
        """``value``, its operators replaced by signals."""
        match value:
            case Concat(parts=parts):
                return Cat(*(self.spelled(part, outermost) for part in parts))
            case Slice(value=whole, start=start, stop=stop):
                return value if isinstance(whole, Signal) else self.spelled(whole)[start:stop]
            case Operator(operator="s"):
                return self.spelled(value.operands[0], outermost).as_signed()
            case Operator(operator="u"):
                return self.spelled(value.operands[0], outermost).as_unsigned()
            case Operator() | SwitchValue():
                return self._result(value, outermost)
        return value

    def _result(self, value: Value, outermost: bool) -> Value:
        # Whoever is remembered by its id is kept, too.
        if id(value) in self._known:
            return self._known[id(value)][1]
        word, result = self._computed(value)
        if outermost:
            self._count[word] = number = self._count.get(word, 0) + 1
            name = f"{self._name}_{word}" if number == 1 else f"{self._name}_{word}{number}"
            signal = Signal(value.shape(), name=name)
            self._m.d.comb += signal.eq(result)
            result = signal
            self._known[id(value)] = value, signal
        return result

    def _computed(self, value: Operator | SwitchValue) -> tuple[str, Value]:
        """An operator's name, and what it is with signals for its operands."""
        if isinstance(value, Operator):
            operands = [self.spelled(operand) for operand in value.operands]
            return _WORDS[value.operator], Operator(value.operator, operands)
        (_, low), (_, high) = value.cases
        return "chosen", Mux(self.spelled(value.test), self.spelled(high), self.spelled(low))
