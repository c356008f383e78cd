"""Where elaboration is: the names in sight, the scope that nodes go to, what holds there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from resdsl.diagnostics import Frame
from resdsl.elaborate.naming import Namer
from resdsl.elaborate.values import Given, Kept, Unknown, Value
from resdsl.graph import Node, Scope
from resdsl.records import Unique
from resdsl.source import Span
from resdsl.syntax import tree

TRACE_LENGTH = 8
"""Frames that a node remembers: the innermost ones are those that help."""


class Several(Unique):
    """The result of a block with several outputs, until `keep a, b` unpacks it."""

    names: tuple[str, ...]
    values: tuple[Node | Unknown, ...]


Current = Node | Several | Unknown | None
"""What flows: a node's value, several, one that is in error, or nothing yet."""


@dataclass(slots=True, eq=False)
class Home:
    """A file: its definitions, and the values of its names as they become known."""

    file: tree.File
    values: dict[str, Value] = field(default_factory=dict)
    spans: dict[str, Span] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    """Names that the file defines itself: what others may import."""
    pending: dict[str, tree.Let] = field(default_factory=dict)
    """`let`s that nothing has asked for yet."""
    computing: list[str] = field(default_factory=list)
    """`let`s whose value is being computed: one that asks for itself is an error."""


class Env:
    """Variables of one pair of braces; those around it are `parent`."""

    __slots__ = ("parent", "variables")

    def __init__(self, parent: Env | None = None, variables: dict[str, Value] | None = None) -> None:
        self.parent = parent
        self.variables: dict[str, Value] = {} if variables is None else variables


@dataclass(slots=True, eq=False)
class Guard:
    """A residual in whose branch something stands."""

    residual: Scope
    parent: Guard | None

    def contains(self, other: Guard) -> bool:
        """Whether `other` is this one or around it."""
        guard: Guard | None = self
        while guard is not None:
            if guard is other:
                return True
            guard = guard.parent
        return False


@dataclass(slots=True, eq=False)
class Activation:
    """One execution of a block or model."""

    definition: tree.Block | tree.Model | None
    scope: Scope | None
    trace: tuple[Frame, ...] = ()
    kept: dict[str, Kept | Unknown] = field(default_factory=dict)
    guard: Guard | None = None
    """The residual in whose branch the whole block stands: what it outputs gets that far."""
    output: tuple[tree.Output, Several] | None = None
    failed: bool = False
    """Whether a `require` did not hold: the rest of the body is not executed."""


NO_DEFAULTS: Mapping[str, tuple[Given, ...]] = {}


class Context:
    """What an expression sees: names, the current value, and whether a repetition is the first."""

    __slots__ = ("activation", "env", "first", "home", "value")

    def __init__(
        self, home: Home, env: Env, activation: Activation, value: Current = None, first: bool | None = None
    ) -> None:
        self.home = home
        self.env = env
        self.activation = activation
        self.value = value
        self.first = first

    def binding(self, variables: dict[str, Value]) -> Context:
        """The same place with more names."""
        return Context(self.home, Env(self.env, variables), self.activation, self.value, self.first)


class Place(Context):
    """A pair of braces (or what is as if in braces) in execution."""

    __slots__ = ("defaults", "guard", "namer", "residuals", "schedule", "scope")

    def __init__(
        self,
        home: Home,
        env: Env,
        activation: Activation,
        scope: Scope,
        namer: Namer,
        *,
        first: bool | None = None,
        defaults: Mapping[str, tuple[Given, ...]] = NO_DEFAULTS,
        guard: Guard | None = None,
    ) -> None:
        super().__init__(home, env, activation, None, first)
        self.scope = scope
        self.namer = namer
        self.defaults = defaults
        self.guard = guard
        self.schedule: tree.Survival | None = None
        self.residuals = -1

    def inside(self, scope: Scope | None = None, namer: Namer | None = None) -> Place:
        """Braces within these: names and defaults that they add end with them."""
        return Place(
            self.home,
            Env(self.env),
            self.activation,
            scope or self.scope,
            namer or self.namer,
            first=self.first,
            defaults=self.defaults,
            guard=self.guard,
        )


def file_context(home: Home) -> Context:
    """The place of file-level expressions."""
    return Context(home, Env(), Activation(None, None))
