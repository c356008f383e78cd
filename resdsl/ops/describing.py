"""Arguments of operators and initialisers in words: for the reference page and for editors."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from types import NoneType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from pydantic.fields import FieldInfo

from resdsl.ops import arguments
from resdsl.ops.arguments import show, words_of
from resdsl.ops.base import Operator
from resdsl.ops.init import Init
from resdsl.records import Record

TYPES: dict[Any, str] = {
    arguments.Width: "whole, from 1",
    arguments.Count: "whole, from 0",
    arguments.Extent: "size",
    arguments.Margin: "margin",
    arguments.Pad: "pad",
    arguments.Real: "number",
    arguments.Positive: "number above 0",
    arguments.Chance: "number from 0 to 1",
    arguments.Flag: "true or false",
    arguments.Bias: "bias",
    Init: "initialiser",
}


class Argument(Record):
    """One argument: its name, its default as the language writes it (`None` if it must be written), what it takes."""

    name: str
    default: str | None
    type: str
    words: tuple[str, ...]
    """The bare words that it takes, if it takes those."""

    def __str__(self) -> str:
        return self.name if self.default is None else f"{self.name}={self.default}"


@cache
def arguments_of(cls: type[Operator | Init]) -> tuple[Argument, ...]:
    """The arguments, in order."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple(
        Argument(name, None if info.is_required() else default_text(name, info), type_text(hints[name]), words_of(info))
        for name, info in cls.model_fields.items()
    )


def default_text(name: str, info: FieldInfo) -> str:
    """A default as the language writes it; `None` stands for what the argument's rule says."""
    if info.default is not None:
        return argument_text(info.default)
    return {"pad": "auto", "stride": "k", "init": "auto"}.get(name, "none")


def argument_text(value: object) -> str:
    """A value as the language writes it."""
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    if isinstance(value, Fraction) and 0 < abs(value) < Fraction(1, 1000):
        return f"{float(value):.0e}".replace("e-0", "e-")
    return show(value)


def type_text(hint: Any) -> str:
    """The words for an argument's type. An annotation that is neither in `TYPES` nor a choice of words is an error."""
    if hint in TYPES:
        return TYPES[hint]
    if get_origin(hint) is Annotated:
        return next(f"one of {checked.says}" for checked in hint.__metadata__)
    (inner,) = (part for part in get_args(hint) if part is not NoneType)
    return TYPES[inner]
