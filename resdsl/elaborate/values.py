"""Values of the language.

Numbers, booleans and strings are Python's own (`int`, `Fraction` only where not whole, `bool`, `str`), `none` is
`None`, a list is a tuple. The rest is here. A value that could not be computed is `UNKNOWN`: its fault is
already reported, and everything that depends on it stays silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, TypeGuard, Union

from resdsl.graph import Node, Scope
from resdsl.ops.init import Init
from resdsl.records import Record, Unique
from resdsl.shapes import Shape
from resdsl.source import Span
from resdsl.syntax import tree

if TYPE_CHECKING:
    from resdsl.elaborate.context import Context, Guard, Home

Number = int | Fraction


class Unknown(Enum):
    """A value whose fault is already reported."""

    UNKNOWN = "unknown"


class Auto(Enum):
    """`auto`: as if the argument were not written."""

    AUTO = "auto"


UNKNOWN = Unknown.UNKNOWN
AUTO = Auto.AUTO


class Size(Record):
    """`3x3`, `3x224x224`: one whole number for each axis."""

    axes: tuple[int, ...]

    def __str__(self) -> str:
        return "x".join(str(n) for n in self.axes)


@dataclass(frozen=True, slots=True)
class Given:
    """An argument as given: its parameter (`None` while positional), its value and where it is written."""

    name: str | None
    value: Value
    span: Span = field(compare=False)
    name_span: Span | None = field(default=None, compare=False)


class OperatorValue(Record):
    """An operator, perhaps with arguments filled in (all of them named)."""

    kind: str
    args: tuple[Given, ...] = ()


class BlockValue(Record):
    """A block, perhaps with arguments filled in (all of them named)."""

    definition: tree.Block
    home: Home
    args: tuple[Given, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, BlockValue) and self.definition is other.definition and self.args == other.args

    def __hash__(self) -> int:
        return hash((id(self.definition), self.args))


class ModelValue(Unique):
    """A model or variant: what a variant may call."""

    definition: tree.Model | tree.Variant
    home: Home


class FunctionValue(Unique):
    """`let f(a) = expr`, and the names it sees."""

    let: tree.Let
    closure: Context


class Builtin(Unique):
    """A predefined function. `call` takes values and raises `Fault`; `names` are its parameters, if they have names."""

    name: str
    call: Callable[..., Value]
    names: tuple[str, ...] = ()


class InitKind(Record):
    """An initialiser that has not got its arguments (`kaiming_normal`)."""

    kind: str


class Kept(Unique):
    """A value of the graph under a name. `guard` is the innermost residual in whose branch it was kept."""

    node: Node
    guard: Guard | None
    span: Span


class End(Record):
    """`in` or `out`: one end of a residual's main branch. `stride` is accumulated along the branch."""

    shape: Shape
    stride: Number | Size


@dataclass(slots=True, eq=False)
class SharedValue:
    """`shared name: step`: what every use of it executes, and its first use."""

    declaration: tree.Shared
    context: Context
    first: Scope | None = None


Value = Union[
    int,
    Fraction,
    bool,
    str,
    None,
    "tuple[Value, ...]",
    Size,
    OperatorValue,
    BlockValue,
    ModelValue,
    FunctionValue,
    Builtin,
    InitKind,
    Init,
    Kept,
    End,
    SharedValue,
    Auto,
    Unknown,
]


def whole(value: Number) -> Number:
    """The same number, as `int` if it is one."""
    if isinstance(value, Fraction) and value.denominator == 1:
        return value.numerator
    return value


def is_number(value: object) -> TypeGuard[Number]:
    return isinstance(value, int | Fraction) and not isinstance(value, bool)


def is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TITLES: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (bool, "a boolean"),
    ((int, Fraction), "a number"),
    (str, "a string"),
    (tuple, "a list"),
    (Size, "a size"),
    (OperatorValue, "an operator"),
    (BlockValue, "a block"),
    (ModelValue, "a model"),
    ((FunctionValue, Builtin), "a function"),
    ((InitKind, Init), "an initialiser"),
    (Kept, "a kept value"),
    (End, "an end of the branch"),
    (SharedValue, "a shared step"),
)


def title(value: Value) -> str:
    """What kind of value it is, for messages: `a number`, `a block`, ..."""
    if value is None:
        return "none"
    for kinds, words in _TITLES:
        if isinstance(value, kinds):
            return words
    return "auto"


def show(value: Value) -> str:
    """A value as the language writes it."""
    match value:
        case None:
            return "none"
        case bool():
            return "true" if value else "false"
        case Fraction():
            return _decimal(value)
        case tuple():
            return "[" + ", ".join(show(v) for v in value) + "]"
        case Kept():
            return str(value.node.shape)
        case End():
            return str(value.shape)
        case Auto():
            return "auto"
    return _callable_name(value) or str(value)


def _callable_name(value: Value) -> str:
    """What a value is called that can be called; empty for the others."""
    match value:
        case OperatorValue(kind, args):
            return kind + _arguments(args)
        case BlockValue(definition=definition, args=args):
            return definition.name.name + _arguments(args)
        case ModelValue(definition=model):
            return model.name.name
        case FunctionValue(let=let):
            return let.name.name
        case SharedValue(declaration=declaration):
            return declaration.name.name
        case Builtin(name=name) | InitKind(name):
            return name
        case Init():
            return value.kind
    return ""


def _arguments(args: tuple[Given, ...]) -> str:
    return "(" + ", ".join(f"{a.name}={show(a.value)}" for a in args) + ")" if args else ""


def _decimal(value: Fraction) -> str:
    """A finite decimal where there is a short one, a fraction otherwise."""
    rest = value.denominator
    for prime in (2, 5):
        while rest % prime == 0:
            rest //= prime
    text = f"{float(value):.12g}" if rest == 1 and value.denominator < 10**12 else ""
    return text if text and "e" not in text and Fraction(text) == value else f"{value.numerator}/{value.denominator}"


def plain(value: Value) -> bool:
    """Whether a value can be written in any language: numbers, booleans, strings, sizes, lists of them."""
    if isinstance(value, tuple):
        return all(plain(v) for v in value)
    return isinstance(value, int | Fraction | bool | str | Size)


def plain_value(value: Value) -> object:
    """A plain value with sizes as tuples."""
    if isinstance(value, Size):
        return value.axes
    if isinstance(value, tuple):
        return tuple(plain_value(v) for v in value)
    return value


def extent_fault(value: Value, items: int, nesting: int) -> str | None:
    """What is too much about a value: all that its lists and arguments hold counts, as often as they hold it."""
    total = 0
    stack: list[tuple[Value, int]] = [(value, 0)]
    while stack:
        holder, depth = stack.pop()
        if depth > nesting:
            return f"nested more than {nesting} deep"
        parts: Iterable[Value] = ()
        if isinstance(holder, tuple):
            parts = holder
        elif isinstance(holder, OperatorValue | BlockValue):
            parts = [given.value for given in holder.args]
        for part in parts:
            total += 1
            if isinstance(part, tuple | OperatorValue | BlockValue):
                stack.append((part, depth + 1))
            elif isinstance(part, str):
                total += len(part)
            elif isinstance(part, int):
                total += part.bit_length() >> 6
        if total > items:
            return f"longer than {items:,} items"
    return None
