"""The shape of generated code, before names of parameters and lines: modules, expressions, statements.

Everything here compares by structure. Numbers that may differ between two executions of the same block are
not in the structure: they are `Slot`s, places in a body's list of `Leaf`s. Two bodies with equal structure become one
class, and the slots whose values differ become its constructor parameters.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.ops.base import Literal, Unset
from resdsl.ops.init import Init

UNIT = "survival"
"""Target of the modules that know a unit's chance, before the classes are named: `survival.batch.test`."""

MAIN = ""
"""The part of a body that is always there; other parts are named after an optional member."""


@dataclass(frozen=True, slots=True)
class Slot:
    """Place of a leaf: which part of the body, and its index there."""

    part: str
    index: int


@dataclass(frozen=True, slots=True)
class Leaf:
    """A value that may differ between instances; `name` and `kind` suggest a parameter for it."""

    value: Literal
    kind: str
    name: str
    member: str
    """The member it belongs to, for a name of last resort."""


@dataclass(slots=True)
class Leaves:
    """The leaves of one body, part by part, in the order in which its structure was built."""

    parts: dict[str, list[Leaf]] = field(default_factory=lambda: {MAIN: []})

    def add(self, part: str, leaf: Leaf) -> Slot:
        leaves = self.parts.setdefault(part, [])
        leaves.append(leaf)
        return Slot(part, len(leaves) - 1)


# --- modules -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ArgSlot:
    """One argument of a constructor or call, its value in a slot."""

    name: str
    slot: Slot
    default: Literal | Unset
    positional: bool


@dataclass(frozen=True, slots=True)
class LayerModule:
    target: str
    args: tuple[ArgSlot, ...]
    init: tuple[tuple[str, Init], ...]
    keeps_default: bool
    """Whether PyTorch's own initialisation must run first, for the tensors that `init` leaves alone."""


@dataclass(frozen=True, slots=True)
class ParameterModule:
    """A bare tensor, as `nn.Parameter`."""

    shape: tuple[Slot, ...]
    init: Init


@dataclass(frozen=True, slots=True)
class ChainModule:
    """`nn.Sequential`: modules under their names."""

    items: tuple[tuple[str, Module], ...]


@dataclass(frozen=True, slots=True)
class ClassModule:
    """An instance of a generated class; `class_id` is that of its `ClassSpec`."""

    class_id: int
    args: tuple[tuple[str, Slot], ...]


Module = LayerModule | ParameterModule | ChainModule | ClassModule


# --- expressions ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Var:
    name: str


@dataclass(frozen=True, slots=True)
class MemberCall:
    """`self.path(operands)`; `path` is dotted, its parts attribute names or keys."""

    path: str
    operands: tuple[Expr, ...]


@dataclass(frozen=True, slots=True)
class Template:
    """An expression over operands: see `resdsl.ops.base.Call`; `own` is the member `{self}` stands for."""

    text: str
    operands: tuple[Expr, ...]
    args: tuple[ArgSlot, ...] = ()
    precedence: int = 0
    binds: int = 9
    own: str = ""


@dataclass(frozen=True, slots=True)
class IfMember:
    """`otherwise if self.member is None else self.member(operand)`: a shortcut that some instances project."""

    member: str
    operand: Expr
    otherwise: Expr


@dataclass(frozen=True, slots=True)
class MemberValue:
    """`self.path` itself: a shared module that is handed on."""

    path: str


Expr = Var | MemberCall | Template | IfMember | MemberValue


# --- statements ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Assign:
    targets: tuple[str, ...]
    value: Expr
    comment: Slot | None = None
    op: str = "="


@dataclass(frozen=True, slots=True)
class If:
    condition: Expr
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Return:
    values: tuple[Expr, ...]
    comment: Slot | None = None
    outputs: str | None = None
    """The named tuple that several outputs are returned in."""


Statement = Assign | If | Return


@dataclass(frozen=True, slots=True)
class Body:
    """The structure of one module scope: its members, what it takes, its forward pass."""

    members: tuple[tuple[str, Module | None], ...]
    """In the order of registration. `None` stands for an optional member, whose module is in `Draft.optional`."""
    takes: tuple[str, ...]
    modules: tuple[tuple[str, str], ...]
    """Shared members of what is around it, which it is handed with what it takes: their names and types."""
    forward: tuple[Statement, ...]


@dataclass(slots=True)
class Draft:
    """A body and everything about one instance of it that is not structure."""

    body: Body
    leaves: Leaves
    optional: dict[str, Module | None]
