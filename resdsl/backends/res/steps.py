"""What is to be written, as a tree: steps in bodies, before it becomes text.

A step's `arguments` are all that it may be given, defaults too, so that two executions of one definition can be laid
over each other place by place. Values are the language's (`int`, `Fraction`, `bool`, `str`, `None`, tuples,
initialisers), or one of the classes here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from resdsl.graph import Node, Scope
from resdsl.records import Record

Arguments = dict[str, Any]


class Param(Record):
    """A parameter of the block around it, perhaps times a whole number."""

    name: str
    factor: int = 1


class Then(Record):
    """`first then later`, in a repeat."""

    first: Any
    later: Any


class Auto(Record):
    """`auto`: as if the argument were not written."""


@dataclass(eq=False, slots=True)
class Kept:
    """A kept value, as an argument. Its `name` is settled by `keeping`."""

    node: int
    name: str = ""


class Wanted(Record):
    """A name below the scope of names that a step stands in. What has weights below it must have it."""

    parts: tuple[str, ...]
    needed: bool


@dataclass(eq=False, slots=True)
class Step:
    """Base of all steps."""

    arguments: Arguments = field(default_factory=dict, kw_only=True)
    values: tuple[int, ...] = field(default=(), kw_only=True)
    """The nodes that it results in; none where the current value goes on or is discarded."""
    wanted: Wanted | None = field(default=None, kw_only=True)
    label: str | None = field(default=None, kw_only=True)
    """What is written before the colon: settled by `labels`."""

    def bodies(self) -> tuple[Body, ...]:
        """The bodies in it, in order of execution."""
        return ()


@dataclass(eq=False, slots=True)
class Body:
    """Steps in braces."""

    steps: list[Step] = field(default_factory=list)
    schedule: str | None = None
    """The `survival` statement at its beginning."""
    shared: list[Declaration] = field(default_factory=list)
    """The `shared` statements at its beginning."""
    naming: bool = False
    """Whether it is a scope of names of its own, and ..."""
    numbered: bool = False
    """... one whose steps are named by place."""


@dataclass(eq=False, slots=True)
class Block:
    """A definition."""

    name: str
    body: Body
    numbered: bool
    sources: tuple[str, ...] = ()
    """Parameters that are values of the graph."""
    params: dict[str, Any] = field(default_factory=dict)
    """The other parameters, in order, with their defaults; `REQUIRED` where there is none."""
    outputs: tuple[str, ...] = ()
    """The names of `output a, b`; empty where it results in its last value."""


REQUIRED = object()


@dataclass(eq=False, slots=True)
class Declaration:
    """`shared NAME: step`."""

    name: str
    step: Step


@dataclass(eq=False, slots=True)
class Call(Step):
    """A step by name: an operator, a block or a shared step."""

    callee: str | Block | Declaration
    node: Node | None = None
    """The application, for an operator."""

    @property
    def kind(self) -> str:
        return self.callee if isinstance(self.callee, str) else self.callee.name


@dataclass(eq=False, slots=True)
class Keep(Step):
    """Its `names` are settled by `keeping`, as is that of `From`."""

    nodes: tuple[int, ...]
    names: tuple[str, ...] = ()


@dataclass(eq=False, slots=True)
class From(Step):
    node: int
    name: str = ""


@dataclass(eq=False, slots=True)
class Braces(Step):
    """A body under a label, a stage, a region."""

    word: str
    """`stage`, `region`, or empty for a plain label."""
    title: str
    body: Body

    def bodies(self) -> tuple[Body, ...]:
        return (self.body,)


@dataclass(eq=False, slots=True)
class Residual(Step):
    scope: Scope
    main: Body
    shortcut: Body | None = None
    single: bool = False
    """Whether the shortcut is one operator, which has the shortcut's own name."""
    gate: Body | None = None
    carry: Body | None = None
    survival: tuple[str, str] | None = None
    """`per` and `rescale`, where `arguments` have a `survival`."""
    ends: tuple[tuple[int, int, bool], ...] = ()
    """Channels that go in, channels that come out, and whether anything strides between them: of all that it is."""

    def bodies(self) -> tuple[Body, ...]:
        return tuple(body for body in (self.main, self.shortcut, self.gate, self.carry) if body is not None)


@dataclass(eq=False, slots=True)
class If(Step):
    """Steps that only some executions of a definition have."""

    condition: str
    body: Body

    def bodies(self) -> tuple[Body, ...]:
        return (self.body,)


@dataclass(eq=False, slots=True)
class Absent(Step):
    """The place of a step that another execution of a definition has."""


@dataclass(eq=False, slots=True)
class Dense(Step):
    body: Body

    def bodies(self) -> tuple[Body, ...]:
        return (self.body,)


@dataclass(eq=False, slots=True)
class Merge(Step):
    """`counts` says how often each branch stands there."""

    kind: str
    branches: list[Body]
    counts: list[int] = field(default_factory=list)

    def bodies(self) -> tuple[Body, ...]:
        return tuple(self.branches)


@dataclass(eq=False, slots=True)
class Aux(Step):
    """A head, the one step of a body. `arguments` have the `weight` of its loss, if it has one."""

    head: Body

    def bodies(self) -> tuple[Body, ...]:
        return (self.head,)


@dataclass(eq=False, slots=True)
class Repeat(Step):
    """Before folding the bodies of all iterations, after it one, and `arguments` have the `count`."""

    iterations: list[Body]

    def bodies(self) -> tuple[Body, ...]:
        return tuple(self.iterations)


@dataclass(eq=False, slots=True)
class Count(Step):
    """`for i in range(start, stop) { prefix{i}: step }`."""

    prefix: str
    start: int
    stop: int
    inner: Body
    """The one step, without its label."""

    def bodies(self) -> tuple[Body, ...]:
        return (self.inner,)


def residuals(body: Body) -> Iterator[Residual]:
    """All residuals in a body and below, but for those in shortcuts."""
    for step in body.steps:
        inner = step.bodies()
        if isinstance(step, Residual):
            yield step
            inner = tuple(part for part in (step.main, step.gate, step.carry) if part is not None)
        for below in inner:
            yield from residuals(below)


def walk(body: Body) -> Iterator[Step]:
    """All steps in a body and below, in order of execution, declarations first."""
    for declaration in body.shared:
        yield declaration.step
        for inner in declaration.step.bodies():
            yield from walk(inner)
    for step in body.steps:
        yield step
        for inner in step.bodies():
            yield from walk(inner)
