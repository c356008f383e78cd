"""The types that operator arguments take, with the messages a person reads when one does not fit.

The elaborator hands over exact values: `int`, `Fraction`, `bool`, `str`, tuples of integers for sizes and
lists, tuples of pairs for pads that differ at the two ends, `None` for `none`. `auto` never arrives here: it
stands for the field's default.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

Pads = tuple[tuple[int, int], ...]


def show(value: object) -> str:
    """A value as the language writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "none"
    if isinstance(value, tuple):
        return "[" + ", ".join(show(v) for v in value) + "]"
    if isinstance(value, Fraction) and value.denominator != 1:
        text = f"{float(value):.12g}"
        return text if Fraction(text) == value else f"{value.numerator}/{value.denominator}"
    return str(value)


def _said(value: object) -> str:
    """A value as a fault quotes it: a string in its quotes, or `"3"` would read as a number."""
    return f'"{value}"' if isinstance(value, str) else show(value)


class _Checked:
    """A pydantic type that is one function: it returns the checked value or raises `ValueError`."""

    def __init__(self, check: Callable[[Any], Any], says: str) -> None:
        self.check, self.says = check, says

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.check)


def _whole(value: Any, least: int, says: str) -> int:
    if isinstance(value, Fraction) and value.denominator == 1:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ValueError(f"{says}, not {_said(value)}")
    return value


def _integer(least: int, says: str) -> _Checked:
    return _Checked(lambda value: _whole(value, least, says), says)


def _axes(least: int, says: str) -> _Checked:
    def check(value: Any) -> int | tuple[int, ...]:
        if isinstance(value, tuple) and value:
            return tuple(_whole(v, least, says) for v in value)
        return _whole(value, least, says)

    return _Checked(check, says)


def _real(test: Callable[[Fraction], bool], says: str) -> _Checked:
    def check(value: Any) -> Fraction:
        if isinstance(value, bool) or not isinstance(value, int | Fraction) or not test(Fraction(value)):
            raise ValueError(f"{says}, not {_said(value)}")
        return Fraction(value)

    return _Checked(check, says)


def _boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"true or false, not {_said(value)}")
    return value


def _pads(value: Any) -> int | tuple[int, ...] | Pads:
    says = "a number of at least 0, one for each axis, or a pair for each axis"
    if isinstance(value, tuple) and value and all(isinstance(v, tuple) and len(v) == 2 for v in value):
        return tuple((_whole(a, 0, says), _whole(b, 0, says)) for a, b in value)
    if isinstance(value, tuple) and value:
        return tuple(_whole(v, 0, says) for v in value)
    return _whole(value, 0, says)


def _bias(value: Any) -> bool | Fraction:
    if not isinstance(value, bool | int | Fraction):
        raise ValueError(f"true, false, or a constant initial value, not {_said(value)}")
    return value if isinstance(value, bool) else Fraction(value)


Width = Annotated[int, _integer(1, "a whole number of at least 1")]
Count = Annotated[int, _integer(0, "a whole number of at least 0")]
Extent = Annotated[int | tuple[int, ...], _axes(1, "a whole number of at least 1, or one for each axis")]
Margin = Annotated[int | tuple[int, ...], _axes(0, "a whole number of at least 0, or one for each axis")]
Pad = Annotated[int | tuple[int, ...] | Pads, _Checked(_pads, "a pad")]
Real = Annotated[Fraction, _real(lambda _: True, "a number")]
Positive = Annotated[Fraction, _real(lambda v: v > 0, "a number above 0")]
Chance = Annotated[Fraction, _real(lambda v: 0 <= v <= 1, "a number from 0 to 1")]
Flag = Annotated[bool, BeforeValidator(_boolean)]
Bias = Annotated[bool | Fraction, _Checked(_bias, "true, false, or a constant initial value")]


def word(*words: str) -> _Checked:
    """One of a few bare words, valid only as this argument (`mode=nearest`)."""

    def check(value: Any) -> str:
        if value not in words:
            raise ValueError(f"one of {', '.join(words)}, not {show(value)}")
        return str(value)

    return _Checked(check, ", ".join(words))


def words_of(field: FieldInfo) -> tuple[str, ...]:
    """The bare words that a field takes; none for the others."""
    if field.annotation is not str:
        return ()
    return tuple(w for check in field.metadata if isinstance(check, _Checked) for w in check.says.split(", "))
