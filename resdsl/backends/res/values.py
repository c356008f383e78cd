"""Values as the language writes them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import Any

from resdsl.backends.res.steps import Auto, Kept, Param, Then
from resdsl.ops.base import Operator
from resdsl.ops.init import Init
from resdsl.ops.registry import operator

_LONGEST_DECIMAL = 14
_SMALL = Fraction(1, 1000)


def exact(value: Any) -> Any:
    """A whole rational as an integer; anything else as it is."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return int(value)
    return tuple(map(exact, value)) if isinstance(value, tuple) else value


def argument_of(op: Operator, name: str) -> Any:
    """The value of an operator's argument, as it would be written."""
    return _written(name, getattr(op, name))


def default_of(kind: str, name: str) -> Any:
    """The operator's own default of an argument that has one."""
    return _written(name, operator(kind).model_fields[name].default)


def _written(name: str, value: Any) -> Any:
    """What is computed where nothing is written is `auto`; no initialiser is `none`, which a `default` leaves alone."""
    return Auto() if value is None and name != "init" else exact(value)


def spelled(value: Any) -> str:
    """A value as an expression. Equal texts are equal values, which `==` does not say: `bias=0` is not `bias=false`."""
    match value:
        case bool():
            return "true" if value else "false"
        case int():
            return str(value)
        case None:
            return "none"
        case Fraction():
            return _rational(value)
        case str():
            return '"' + value.replace("{", "{{").replace("}", "}}") + '"'
        case tuple():
            return "[" + ", ".join(map(spelled, value)) + "]"
        case Auto():
            return "auto"
        case Param():
            return value.name if value.factor == 1 else f"{value.name} * {value.factor}"
        case Then():
            first, later = spelled(value.first), spelled(value.later)
            return first if first == later else f"{first} then {later}"
        case Kept():
            return value.name
        case Init():
            return _initialiser(value)
    raise TypeError(f"{value!r} is no value of the language")


def argument(value: Any, *, word: bool) -> str:
    """As `spelled`, where words of an operator (`mode=bilinear`) stand without quotes."""
    return value if word and isinstance(value, str) else spelled(value)


@cache
def _rational(value: Fraction) -> str:
    if value.denominator == 1:
        return str(int(value))
    decimal = _decimal(value)
    return decimal if decimal is not None else f"{value.numerator}/{value.denominator}"


def _decimal(value: Fraction) -> str | None:
    """The exact decimal, with an exponent for small numbers; `None` where there is none that is short."""
    digits = 0
    scaled = abs(value)
    while scaled.denominator != 1 and digits < _LONGEST_DECIMAL:
        scaled *= 10
        digits += 1
    if scaled.denominator != 1 or scaled >= 10**_LONGEST_DECIMAL:
        return None
    sign = "-" if value < 0 else ""
    mantissa = str(int(scaled))
    if abs(value) <= _SMALL:
        rest = mantissa[1:]
        return f"{sign}{mantissa[0]}{'.' + rest if rest else ''}e-{digits - len(rest)}"
    padded = mantissa.rjust(digits + 1, "0")
    return f"{sign}{padded[:-digits]}.{padded[-digits:]}"


def _initialiser(value: Init) -> str:
    fields = type(value).model_fields
    given: list[str] = []
    for name, info in fields.items():
        own = exact(getattr(value, name))
        if info.is_required():
            given.append(spelled(own))
        elif spelled(own) != spelled(exact(info.default)):
            given.append(f"{name}={argument(own, word=True)}")
    return f"{value.kind}({', '.join(given)})" if given else value.kind
