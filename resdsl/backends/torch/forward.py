"""The forward pass: steps become statements, values become variables with the names a person would give.

A value that is used once is written where it is used, as long as the line stays readable; a line ends after what
belongs together (a convolution with its norm and activation, a stage, a whole block).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from resdsl.backends.torch.ir import Assign, Expr, If, IfMember, MemberCall, MemberValue, Slot, Statement, Template, Var
from resdsl.graph import Scope, ScopeKind
from resdsl.ops.base import Role

LINE = 72
"""Width of an expression at which a new line begins."""

FOREVER = 1 << 60
"""A step after all steps."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A value that is not in a variable yet."""

    expr: Expr
    hint: str
    order: int
    heavy: bool = False
    """Whether a convolution, a linear layer or a module of the net's own is in it."""
    normed: bool = False
    """Whether a norm is in it, before anything heavy."""
    whole: bool = False
    """Whether it is a stage: a line of its own."""
    branch: str | None = None
    """The branch it is in: one is written down before the next begins."""


class Lines:
    """Statements in the making: what is pending, which variable holds what, and until when."""

    def __init__(self, last_use: dict[int, int], forced: frozenset[int], reserved: Iterable[str]) -> None:
        self.statements: list[Statement] = []
        self.pending: dict[int, Pending] = {}
        self.variables: dict[int, str] = {}
        self.holders: dict[str, int] = {}
        self.last_use = last_use
        self.forced = forced
        self.reserved = set(reserved)
        self.comments: dict[int, Slot] = {}

    def bind(self, value: int, name: str) -> None:
        """`value` is in the variable `name` from here on."""
        self.variables[value] = name
        self.holders[name] = value

    def put(self, value: int, pending: Pending, step: int) -> None:
        """A step's result: written down at once if it must be, otherwise when it is used."""
        self.pending[value] = pending
        if value in self.forced or pending.whole:
            self.flush(value, step)

    def take(self, value: int) -> tuple[Expr, Pending | None]:
        """The text of a value; it is pending no longer."""
        pending = self.pending.pop(value, None)
        if pending is not None:
            return pending.expr, pending
        return Var(self.variables[value]), None

    def flush(self, value: int, step: int) -> None:
        """Write a pending value into a variable. `step` is the last step whose operands are already used."""
        pending = self.pending.pop(value, None)
        if pending is None:
            return
        name = self.free_name(pending.hint, step)
        self.statements.append(Assign((name,), pending.expr, comment=self.comments.get(value)))
        self.bind(value, name)

    def free_name(self, hint: str, step: int) -> str:
        number = 1
        name = hint
        while not self.is_free(name, step):
            number += 1
            name = f"{hint}{number}"
        return name

    def is_free(self, name: str, step: int) -> bool:
        if name in self.reserved:
            return False
        holder = self.holders.get(name)
        if holder is None:
            return True
        if self.last_use.get(holder, -1) > step:
            return False
        return all(name not in set(variables(other.expr)) for other in self.pending.values())

    def flush_all(self, step: int) -> None:
        """Write everything down, in the order in which it was computed."""
        for value in sorted(self.pending, key=lambda v: self.pending[v].order):
            self.flush(value, step)

    def begin(self, branch: str | None, step: int) -> None:
        """Write down what other branches have come to, unless it is a mere call."""
        for value in sorted(self.pending, key=lambda v: self.pending[v].order):
            other = self.pending[value]
            if branch is not None and other.branch not in (None, branch) and other.heavy and not is_call(other.expr):
                self.flush(value, step)


def variables(expr: Expr) -> Iterable[str]:
    """Names of the variables in an expression."""
    stack = [expr]
    while stack:
        part = stack.pop()
        if isinstance(part, Var):
            yield part.name
        elif isinstance(part, IfMember):
            stack += [part.operand, part.otherwise]
        elif not isinstance(part, MemberValue):
            stack += part.operands


def width(expr: Expr) -> int:
    """About how many characters an expression takes."""
    if isinstance(expr, Var):
        return len(expr.name)
    if isinstance(expr, MemberValue):
        return len(expr.path) + 5
    if isinstance(expr, IfMember):
        return width(expr.otherwise) + width(expr.operand) + 2 * len(expr.member) + 30
    inside = sum(width(operand) + 2 for operand in expr.operands)
    return inside + (len(expr.path) + 7 if isinstance(expr, MemberCall) else len(expr.text))


def breaks_before(role: Role | None, operand: Pending) -> bool:
    """Whether a step of this role begins a new line after `operand` (`None`: a module of the net's own)."""
    if role in (None, Role.CONV, Role.LINEAR):
        return operand.heavy
    return role is Role.NORM and operand.heavy and operand.normed


def is_heavy(role: Role | None) -> bool:
    return role in (None, Role.CONV, Role.LINEAR)


def is_whole(scope: Scope) -> bool:
    return scope.kind is ScopeKind.STAGE


def is_call(expr: Expr) -> bool:
    """Whether an expression is one call on variables."""
    return isinstance(expr, MemberCall) and all(isinstance(o, Var) for o in expr.operands)


def conditional(statements: list[Statement], condition: Template) -> If:
    return If(condition, tuple(statements))
