"""The tree of a `.res` text: frozen nodes, each with its span. No meaning yet.

Expressions are exact: numbers are `int` or `Fraction`. `span` covers the whole construct.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from resdsl.source import Source, Span


@dataclass(frozen=True, slots=True)
class Node:
    span: Span


@dataclass(frozen=True, slots=True)
class Ident(Node):
    """A name as written: `name`, with the place of it."""

    name: str


# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Expr(Node):
    pass


@dataclass(frozen=True, slots=True)
class Number(Expr):
    value: int | Fraction
    """`3.8G` is 3_800_000_000; `0.17` is 17/100; whole values are `int`."""

    text: str
    """As written, for `expect ... ~ 25.6M`, which compares at the printed precision."""


@dataclass(frozen=True, slots=True)
class SizeLit(Expr):
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text(Expr):
    """A string: literal pieces and interpolated expressions, in order; `{{` and `}}` are already braces."""

    parts: tuple[str | Expr, ...]


@dataclass(frozen=True, slots=True)
class Bool(Expr):
    value: bool


@dataclass(frozen=True, slots=True)
class Name(Expr):
    """A name in an expression; `in` and `out` too."""

    name: str


@dataclass(frozen=True, slots=True)
class Binary(Expr):
    """Arithmetic `+ - * / // % ^`, logic `and or`, comparison `<= >= == != < >`."""

    op: str
    left: Expr
    right: Expr


@dataclass(frozen=True, slots=True)
class Unary(Expr):
    """`-`, `+` or `not`."""

    op: str
    operand: Expr


@dataclass(frozen=True, slots=True)
class Choose(Expr):
    """`then if condition else otherwise`."""

    then: Expr
    condition: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class Arg(Node):
    """`name = value then later`; `name` and `later` may be missing."""

    name: Ident | None
    value: Expr
    later: Expr | None


@dataclass(frozen=True, slots=True)
class Apply(Expr):
    callee: Expr
    args: tuple[Arg, ...]


@dataclass(frozen=True, slots=True)
class Item(Expr):
    value: Expr
    index: Expr


@dataclass(frozen=True, slots=True)
class Field(Expr):
    value: Expr
    name: Ident


@dataclass(frozen=True, slots=True)
class ListExpr(Expr):
    items: tuple[Expr, ...]


# --- labels, steps, flows ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Label(Node):
    """What stands before `:`.

    `name` is the name's pieces (`layer{s + 1}`), or `None` when the label begins with brackets; then `number`
    is the expression in them, `None` for `[]`. `numbered` is whether the name is followed by `[]`
    (`features[]:`), which makes the scope a numbered one. `quoted` labels may be paths (`"convs.{i}"`).
    """

    name: Text | None
    number: Expr | None
    numbered: bool
    quoted: bool


@dataclass(frozen=True, slots=True)
class Unit(Node):
    """What a step does."""


@dataclass(frozen=True, slots=True)
class Step(Node):
    label: Label | None
    unit: Unit


@dataclass(frozen=True, slots=True)
class Stmt(Node):
    pass


@dataclass(frozen=True, slots=True)
class Body(Unit):
    """A sequence in braces."""

    stmts: tuple[Stmt, ...]


@dataclass(frozen=True, slots=True)
class Call(Unit):
    """An operator, a block, or a parameter that holds one. `args` is `None` where no brackets stand."""

    name: Ident
    args: tuple[Arg, ...] | None


@dataclass(frozen=True, slots=True)
class Repeat(Unit):
    count: Expr
    unit: Unit


@dataclass(frozen=True, slots=True)
class Stage(Unit):
    label: Label
    unit: Unit


@dataclass(frozen=True, slots=True)
class Region(Unit):
    name: Text
    unit: Unit


@dataclass(frozen=True, slots=True)
class Survival(Stmt):
    """`survival p per batch rescale test`, as a statement or as a clause of one residual."""

    chance: Expr
    per: Ident | None
    rescale: Ident | None


@dataclass(frozen=True, slots=True)
class Shortcut(Node):
    """`shortcut NAME: S`, where S is a call or braces."""

    label: Label | None
    policy: Call | Body


@dataclass(frozen=True, slots=True)
class Residual(Unit):
    main: Body
    shortcut: Shortcut | None
    gate: Body | None
    carry: Body | None
    survival: Survival | None


@dataclass(frozen=True, slots=True)
class Dense(Unit):
    body: Body


@dataclass(frozen=True, slots=True)
class Merge(Unit):
    """`add`, `mul`, `concat` or `mean` with braces."""

    kind: str
    body: Body


@dataclass(frozen=True, slots=True)
class Keep(Unit):
    names: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Ref(Node):
    """A kept value: a name, or an item of a list of them (`ys[2]`)."""

    name: Ident
    index: Expr | None


@dataclass(frozen=True, slots=True)
class From(Unit):
    ref: Ref


@dataclass(frozen=True, slots=True)
class Aux(Unit):
    weight: Expr | None
    label: Label
    unit: Unit


# --- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flow(Stmt):
    """`step -> step -> ...` on one line. In a merge, `branch` says that a `|` stood before it."""

    steps: tuple[Step, ...]
    branch: bool = False


@dataclass(frozen=True, slots=True)
class Param(Node):
    name: Ident
    default: Expr | None


@dataclass(frozen=True, slots=True)
class Let(Stmt):
    """`let name = value`, or with `params` a function."""

    name: Ident
    params: tuple[Param, ...] | None
    value: Expr


@dataclass(frozen=True, slots=True)
class Require(Stmt):
    condition: Expr
    message: Text | None


@dataclass(frozen=True, slots=True)
class Default(Stmt):
    call: Call


@dataclass(frozen=True, slots=True)
class Input(Stmt):
    name: Ident | None
    size: Expr


@dataclass(frozen=True, slots=True)
class Output(Stmt):
    refs: tuple[Ref, ...]


@dataclass(frozen=True, slots=True)
class Expect(Stmt):
    """`expect METRIC op value`; `op` is a comparison or `~`."""

    metric: Ident
    op: str
    value: Expr


@dataclass(frozen=True, slots=True)
class If(Stmt):
    condition: Expr
    body: Body
    otherwise: Body | If | None


@dataclass(frozen=True, slots=True)
class Target(Node):
    """What a `for` binds: a name, or a tuple of targets."""

    name: Ident | None
    parts: tuple[Target, ...]


@dataclass(frozen=True, slots=True)
class For(Stmt):
    target: Target
    """`for a, (b, c) in ...` is one target with two parts."""

    iterable: Expr
    body: Body


@dataclass(frozen=True, slots=True)
class Shared(Stmt):
    name: Ident
    unit: Unit


# --- files ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Definition(Node):
    """A top-level definition."""


@dataclass(frozen=True, slots=True)
class Use(Definition):
    """`use std: a, b` (`path` is None) or `use "file.res": a`."""

    path: str | None
    path_span: Span
    names: tuple[Ident, ...]


@dataclass(frozen=True, slots=True)
class Block(Definition):
    name: Ident
    params: tuple[Param, ...]
    numbered: bool
    body: Body


@dataclass(frozen=True, slots=True)
class Model(Definition):
    name: Ident
    params: tuple[Param, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Variant(Definition):
    """`model NAME = other(args) { expect ... }`."""

    name: Ident
    call: Call
    body: Body | None


@dataclass(frozen=True, slots=True)
class FileLet(Definition):
    let: Let


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment's text without `#` and the blank after it, and its place."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class File:
    source: Source
    items: tuple[Definition, ...]
    comments: tuple[Comment, ...]
    faulty_names: frozenset[str]
    """Names that items which did not parse would have defined: unknown and silent."""

    @property
    def header(self) -> str:
        """The comment lines at the top of the file, before the first item and any blank line."""
        lines: list[str] = []
        expected = 1
        for comment in self.comments:
            line, column = self.source.position(comment.span.start)
            if line != expected or column != 1:
                break
            lines.append(comment.text)
            expected += 1
        return "\n".join(lines)
