"""Exact arithmetic on values. Leaves: they raise `Fault`, the evaluator adds the place."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from resdsl.diagnostics import Fault
from resdsl.elaborate.values import Number, Size, Value, is_number, show, title, whole
from resdsl.limits import Limits

ORDERS: dict[str, Callable[[Number, Number], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def number(value: Value, what: str) -> Number:
    """The value if it is a number; `what` names the one who needs it."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        raise Fault("E201", f"{what} needs a number, not {described(value)}")
    return value


def integer(value: Value, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise Fault("E201", f"{what} needs a whole number, not {described(value)}")
    return value


def boolean(value: Value, what: str) -> bool:
    if not isinstance(value, bool):
        raise Fault("E202", f"{what} needs true or false, not {described(value)}")
    return value


def described(value: Value) -> str:
    """`the string "a"`, `a block`, `2.5`: a value as messages name it."""
    if is_number(value) or value is None or isinstance(value, bool):
        return show(value)
    words = title(value)
    return words if words == show(value) else f"{words} ({show(value)})"


def bounded(value: Number, limits: Limits) -> Number:
    """The number, whole as `int`, if it is within the limit on its length."""
    if isinstance(value, int):
        if value.bit_length() > limits.bits:
            raise _too_long(limits)
        return value
    if value.numerator.bit_length() > limits.bits or value.denominator.bit_length() > limits.bits:
        raise _too_long(limits)
    return whole(value)


def _too_long(limits: Limits) -> Fault:
    return Fault("E205", f"a number longer than {limits.bits:,} bits", help="--max-bits raises the limit")


def binary(op: str, left: Value, right: Value, limits: Limits) -> Value:
    """Arithmetic and comparison; `and` and `or` are the evaluator's."""
    if op == "==":
        return equal(left, right)
    if op == "!=":
        return not equal(left, right)
    if op in ORDERS:
        return ORDERS[op](number(left, f"`{op}`"), number(right, f"`{op}`"))
    if op == "+" and isinstance(left, tuple) and isinstance(right, tuple):
        if len(left) + len(right) > limits.items:
            raise Fault("E206", f"a list longer than {limits.items:,} items", help="--max-items raises the limit")
        return left + right
    return bounded(_calculate(op, number(left, f"`{op}`"), number(right, f"`{op}`"), limits), limits)


def _calculate(op: str, a: Number, b: Number, limits: Limits) -> Number:
    match op:
        case "+":
            return a + b
        case "-":
            return a - b
        case "*":
            return a * b
        case "^":
            return power(a, b, limits)
    if b == 0:
        raise Fault("E203", f"division by zero: {show(a)} {op} 0")
    if op == "/":
        return Fraction(a) / b
    return a // b if op == "//" else a % b


def power(base: Number, exponent: Number, limits: Limits) -> Number:
    """`base ^ exponent`, exact or a fault."""
    if isinstance(exponent, Fraction):
        return _root(base, exponent, limits)
    if base == 0 and exponent < 0:
        raise Fault("E203", f"division by zero: 0 ^ {exponent}")
    if base in (0, 1, -1):
        return base if base != -1 or exponent % 2 else 1
    size = max(base.numerator.bit_length(), base.denominator.bit_length()) - 1
    if abs(exponent) * max(size, 1) > limits.bits + 1:
        raise _too_long(limits)
    return Fraction(base) ** exponent


def _root(base: Number, exponent: Fraction, limits: Limits) -> Number:
    inexact = Fault("E204", f"{show(base)} ^ {show(exponent)} is not an exact number")
    degree = exponent.denominator
    if base < 0 or degree > limits.bits:
        raise inexact
    value = Fraction(base)
    top, bottom = integer_root(value.numerator, degree), integer_root(value.denominator, degree)
    if top**degree != value.numerator or bottom**degree != value.denominator:
        raise inexact
    return power(whole(Fraction(top, bottom)), exponent.numerator, limits)


def integer_root(value: int, degree: int) -> int:
    """The largest r with r ** degree <= value (value >= 0)."""
    low, high = 0, 1 << (value.bit_length() // degree + 1)
    while low < high:
        middle = (low + high + 1) // 2
        if middle**degree <= value:
            low = middle
        else:
            high = middle - 1
    return low


def equal(left: Value, right: Value) -> bool:
    """Whether two values are the same; values of different kinds never are (`true == 1` is false)."""
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    if isinstance(left, tuple) and isinstance(right, tuple):
        return len(left) == len(right) and all(map(equal, left, right))
    if isinstance(left, Size) and isinstance(right, Size):
        return left.axes == right.axes
    return left == right
