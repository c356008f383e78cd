"""The tree of a `.res` text: frozen nodes, each with its span. No meaning yet.

Expressions are exact: numbers are `int` or `Fraction`. `span` covers the whole construct.
"""

from __future__ import annotations

from fractions import Fraction

from resdsl.records import Record
from resdsl.source import Source, Span


class Node(Record):
    span: Span


class Ident(Node):
    """A name as written: `name`, with the place of it."""

    name: str


# --- expressions ---------------------------------------------------------------------------------


class Expr(Node):
    pass


class Number(Expr):
    value: int | Fraction
    """`3.8G` is 3_800_000_000; `0.17` is 17/100; whole values are `int`."""

    text: str
    """As written, for `expect ... ~ 25.6M`, which compares at the printed precision."""


class SizeLit(Expr):
    values: tuple[int, ...]


class Text(Expr):
    """A string: literal pieces and interpolated expressions, in order; `{{` and `}}` are already braces."""

    parts: tuple[str | Expr, ...]

    @property
    def plain(self) -> str | None:
        """The text, if it is as written; `None` if expressions compute a part of it."""
        return "".join(map(str, self.parts)) if all(isinstance(part, str) for part in self.parts) else None

    @property
    def pieces(self) -> tuple[str, ...]:
        """What is written of it: the pieces between the expressions, empty ones included."""
        found = [""]
        for part in self.parts:
            if isinstance(part, str):
                found[-1] += part
            else:
                found.append("")
        return tuple(found)


class Bool(Expr):
    value: bool


class Name(Expr):
    """A name in an expression; `in` and `out` too."""

    name: str


class Binary(Expr):
    """Arithmetic `+ - * / // % ^`, logic `and or`, comparison `<= >= == != < >`."""

    op: str
    left: Expr
    right: Expr


class Unary(Expr):
    """`-`, `+` or `not`."""

    op: str
    operand: Expr


class Choose(Expr):
    """`then if condition else otherwise`."""

    then: Expr
    condition: Expr
    otherwise: Expr


class Arg(Node):
    """`name = value then later`; `name` and `later` may be missing."""

    name: Ident | None
    value: Expr
    later: Expr | None


class Apply(Expr):
    callee: Expr
    args: tuple[Arg, ...]


class Item(Expr):
    value: Expr
    index: Expr


class Field(Expr):
    value: Expr
    name: Ident


class ListExpr(Expr):
    items: tuple[Expr, ...]


# --- labels, steps, flows ------------------------------------------------------------------------


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


class Unit(Node):
    """What a step does."""


class Step(Node):
    label: Label | None
    unit: Unit


class Stmt(Node):
    pass


class Body(Unit):
    """A sequence in braces."""

    stmts: tuple[Stmt, ...]


class Call(Unit):
    """An operator, a block, or a parameter that holds one. `args` is `None` where no brackets stand."""

    name: Ident
    args: tuple[Arg, ...] | None


class Repeat(Unit):
    count: Expr
    unit: Unit


class Stage(Unit):
    label: Label
    unit: Unit


class Region(Unit):
    name: Text
    unit: Unit


class Survival(Stmt):
    """`survival p per batch rescale test`, as a statement or as a clause of one residual."""

    chance: Expr
    per: Ident | None
    rescale: Ident | None


class Shortcut(Node):
    """`shortcut NAME: S`, where S is a call or braces."""

    label: Label | None
    policy: Call | Body


class Residual(Unit):
    main: Body
    shortcut: Shortcut | None
    gate: Body | None
    carry: Body | None
    survival: Survival | None


class Dense(Unit):
    body: Body


class Merge(Unit):
    """`add`, `mul`, `concat` or `mean` with braces."""

    kind: str
    body: Body


class Keep(Unit):
    names: tuple[Text, ...]


class Ref(Node):
    """A kept value: a name, maybe computed (`y{i}`), or an item of a list of them (`ys[2]`)."""

    name: Text
    index: Expr | None


class From(Unit):
    ref: Ref


class Aux(Unit):
    weight: Expr | None
    label: Label
    unit: Unit


# --- statements ----------------------------------------------------------------------------------


class Flow(Stmt):
    """`step -> step -> ...` on one line. In a merge, `branch` says that a `|` stood before it."""

    steps: tuple[Step, ...]
    branch: bool = False


class Param(Node):
    name: Ident
    default: Expr | None


class Let(Stmt):
    """`let name = value`, or with `params` a function."""

    name: Ident
    params: tuple[Param, ...] | None
    value: Expr


class Require(Stmt):
    condition: Expr
    message: Text | None


class Default(Stmt):
    call: Call


class Input(Stmt):
    name: Ident | None
    size: Expr


class Output(Stmt):
    refs: tuple[Ref, ...]


class Expect(Stmt):
    """`expect METRIC op value`; `op` is a comparison or `~`."""

    metric: Ident
    op: str
    value: Expr


class If(Stmt):
    condition: Expr
    body: Body
    otherwise: Body | If | None


class Target(Node):
    """What a `for` binds: a name, or a tuple of targets."""

    name: Ident | None
    parts: tuple[Target, ...]


class For(Stmt):
    target: Target
    """`for a, (b, c) in ...` is one target with two parts."""

    iterable: Expr
    body: Body


class Shared(Stmt):
    name: Ident
    unit: Unit


# --- files ---------------------------------------------------------------------------------------


class Definition(Node):
    """A top-level definition."""


class Use(Definition):
    """`use std: a, b` (`path` is None) or `use "file.res": a`."""

    path: str | None
    path_span: Span
    names: tuple[Ident, ...]


class Block(Definition):
    name: Ident
    params: tuple[Param, ...]
    numbered: bool
    body: Body


class Model(Definition):
    name: Ident
    params: tuple[Param, ...]
    body: Body


class Variant(Definition):
    """`model NAME = other(args) { expect ... }`."""

    name: Ident
    call: Call
    body: Body | None


class FileLet(Definition):
    let: Let


class Comment(Record):
    """A comment's text without `#` and the blank after it, and its place."""

    span: Span
    text: str


class File(Record):
    source: Source
    items: tuple[Definition, ...]
    comments: tuple[Comment, ...]
    faulty_names: frozenset[str]
    """Names that items which did not parse would have defined: unknown and silent."""
    partial: tuple[Definition, ...] = ()
    """Blocks and models with faults of syntax, without the statements at fault: only their names can be checked."""
    unread: frozenset[str] = frozenset()
    """The words of those statements: any of them may be a name that the rest uses."""

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
