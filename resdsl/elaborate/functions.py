"""The predefined functions: exact, and bounded in what they build."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from math import ceil, floor

from resdsl.diagnostics import Fault
from resdsl.elaborate.arithmetic import described, integer, number
from resdsl.elaborate.values import Builtin, Number, Size, Value, whole
from resdsl.limits import Limits


def _items(value: Value, what: str) -> tuple[Value, ...]:
    if isinstance(value, Size):
        return value.axes
    if not isinstance(value, tuple):
        raise Fault("E201", f"{what} needs a list, not {described(value)}")
    return value


def _count(name: str, args: tuple[Value, ...], least: int, most: int) -> None:
    if not least <= len(args) <= most:
        wanted = str(least) if least == most else f"{least} to {most}"
        raise Fault("E121", f"{name} takes {wanted} argument{'' if wanted == '1' else 's'}, not {len(args)}")


def _one_number(name: str, function: Callable[[Number], Number]) -> Callable[..., Value]:
    def call(*args: Value) -> Value:
        _count(name, args, 1, 1)
        return function(number(args[0], name))

    return call


def _round(value: Number) -> int:
    """Half up, also below zero: round(-0.5) is 0."""
    return floor(value + Fraction(1, 2))


def _log2(value: Number) -> Number:
    exact = Fraction(value)
    for power, sign in ((exact, 1), (1 / exact if exact else exact, -1)):
        if power > 0 and power.denominator == 1 and power.numerator & (power.numerator - 1) == 0:
            return sign * (power.numerator.bit_length() - 1)
    raise Fault("E204", f"log2 of {described(value)} is not an exact number")


def _extreme(name: str, choose: Callable[[list[Number]], Number]) -> Callable[..., Value]:
    def call(*args: Value) -> Value:
        values = _items(args[0], name) if len(args) == 1 and isinstance(args[0], tuple | Size) else args
        if not values:
            raise Fault("E201", f"{name} of nothing")
        return choose([number(value, name) for value in values])

    return call


def _sum(*args: Value) -> Value:
    _count("sum", args, 1, 1)
    total: Number = 0
    for value in _items(args[0], "sum"):
        total += number(value, "sum")
    return whole(total)


def _len(*args: Value) -> Value:
    _count("len", args, 1, 1)
    return len(_items(args[0], "len"))


def _enumerate(*args: Value) -> Value:
    _count("enumerate", args, 1, 1)
    return tuple(enumerate(_items(args[0], "enumerate")))


def _zip(*args: Value) -> Value:
    lists = [_items(value, "zip") for value in args]
    if len(lists) < 2:
        raise Fault("E121", f"zip takes at least 2 lists, not {len(lists)}")
    if len({len(items) for items in lists}) > 1:
        raise Fault("E201", "zip needs lists of one length, not " + ", ".join(str(len(items)) for items in lists))
    return tuple(zip(*lists, strict=True))


def _divisible(v: Value, by: Value = 8) -> Value:
    """The multiple of `by` nearest to `v`, at least `by`, and not below 0.9 of `v`."""
    value, step = number(v, "divisible"), integer(by, "divisible")
    if step < 1:
        raise Fault("E201", f"divisible needs a whole number of at least 1 for `by`, not {step}")
    rounded = max(step, floor(value + Fraction(step, 2)) // step * step)
    return rounded + step if rounded * 10 < value * 9 else rounded


def _range(limits: Limits) -> Callable[..., Value]:
    def call(*args: Value) -> Value:
        _count("range", args, 1, 3)
        numbers = [integer(value, "range") for value in args]
        if len(numbers) == 3 and numbers[2] == 0:
            raise Fault("E201", "range needs a step other than 0")
        span = range(*numbers)
        # len() of a range fails beyond the machine's word, so the ends are compared.
        step = numbers[2] if len(numbers) == 3 else 1
        start, stop = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
        if (stop - start) // step > limits.items:
            raise Fault("E206", f"a list longer than {limits.items:,} items", help="--max-items raises the limit")
        return tuple(span)

    return call


def builtins(limits: Limits) -> dict[str, Builtin]:
    """The predefined functions under their names."""
    calls: dict[str, Callable[..., Value]] = {
        "abs": _one_number("abs", abs),
        "ceil": _one_number("ceil", ceil),
        "enumerate": _enumerate,
        "floor": _one_number("floor", floor),
        "len": _len,
        "log2": _one_number("log2", _log2),
        "max": _extreme("max", max),
        "min": _extreme("min", min),
        "range": _range(limits),
        "round": _one_number("round", _round),
        "sum": _sum,
        "zip": _zip,
    }
    table = {name: Builtin(name, call) for name, call in calls.items()}
    table["divisible"] = Builtin("divisible", _divisible, ("v", "by"))
    return table
