"""Names to values: variables, kept values, what the file and the language define."""

from __future__ import annotations

from abc import ABC, abstractmethod

from resdsl.diagnostics import Report
from resdsl.diagnostics.suggest import Respelling
from resdsl.elaborate.context import Context, Env, Home, file_context
from resdsl.elaborate.functions import builtins
from resdsl.elaborate.library import unknown
from resdsl.elaborate.reporter import Failed, Reporter
from resdsl.elaborate.values import AUTO, UNKNOWN, FunctionValue, InitKind, OperatorValue, Size, Value
from resdsl.graph import Node
from resdsl.limits import Deadline, Limits
from resdsl.ops.init import INITS
from resdsl.ops.registry import operator_names
from resdsl.shapes import Axes
from resdsl.source import Span
from resdsl.syntax import tree

CONTEXTUAL: dict[str, str] = {
    "in": "is known only to a shortcut policy, in its own body and arguments",
    "out": "is known only to a shortcut policy, in its own body and arguments",
    "l": "is known only in a `survival` statement",
    "L": "is known only in a `survival` statement",
    "channels": "needs a current value, and there is none here",
    "size": "needs a current value, and there is none here",
}
"""Predefined names that mean something only in some places, and where that is."""


def extent(axes: Axes) -> Value:
    """One number where all axes agree, else a size; the empty list for a vector."""
    if not axes:
        return ()
    return axes[0] if len(set(axes)) == 1 else Size(axes)


class Names(Reporter, ABC):
    """Finds what names stand for."""

    def __init__(self, report: Report, limits: Limits, deadline: Deadline | None = None) -> None:
        super().__init__(report, limits, deadline)
        self.predefined: dict[str, Value] = {"none": None, "auto": AUTO}
        self.predefined.update({name: OperatorValue(name) for name in operator_names()})
        self.predefined.update(builtins(limits))
        self.predefined.update({name: InitKind(name) for name in INITS})

    @abstractmethod
    def evaluate(self, expr: tree.Expr, context: Context) -> Value:
        """The value of an expression, or `UNKNOWN` where a fault is reported."""

    def lookup(self, name: str, span: Span, context: Context) -> Value:
        """The value of a name. Raises `Failed`."""
        env = context.env
        while True:
            if name in env.variables:
                return self._known(env.variables[name])
            if env.parent is None:
                break
            env = env.parent
        kept = context.activation.kept
        if name in kept:
            return self._known(kept[name])
        home = context.home
        if name in home.values:
            return self._known(home.values[name])
        if name in home.pending:
            return self._known(self.file_let(home, name))
        if name in self.predefined:
            return self.predefined[name]
        if name in ("channels", "size"):
            return self._of_current(name, span, context)
        if name in home.file.faulty_names:
            self.failed = True
            raise Failed
        if name in CONTEXTUAL:
            raise self.failure("E105", f"`{name}` {CONTEXTUAL[name]}", span, context)
        near = self.suggestion(name, span, context)
        raise self.failure("E101", f"there is no `{name}` here", span, context, **near)

    def suggestion(self, name: str, span: Span, context: Context) -> Respelling:
        names = {*self.predefined, *context.home.values, *context.home.pending, *context.activation.kept}
        env: Env | None = context.env
        while env is not None:
            names.update(env.variables)
            env = env.parent
        return unknown(name, span, names, context.home.file)

    def _known(self, value: Value) -> Value:
        if value is UNKNOWN:
            self.failed = True
            raise Failed
        return value

    def _of_current(self, name: str, span: Span, context: Context) -> Value:
        value = context.value
        if value is UNKNOWN:
            raise Failed
        if not isinstance(value, Node):
            raise self.failure("E105", f"`{name}` {CONTEXTUAL[name]}", span, context)
        return value.shape.channels if name == "channels" else extent(value.shape.size)

    def file_let(self, home: Home, name: str) -> Value:
        """Computes a file-level `let` when it is first asked for."""
        let = home.pending[name]
        context = file_context(home)
        if name in home.computing:
            self.error("E218", f"`{name}` is computed from itself", let.name.span)
            return UNKNOWN
        home.computing.append(name)
        value: Value = FunctionValue(let, context) if let.params is not None else self.evaluate(let.value, context)
        home.computing.pop()
        home.values[name] = value
        return value

    def in_sight(self, name: str, context: Context) -> bool:
        """Whether a variable or a name of the file is called so."""
        env = context.env
        while name not in env.variables:
            if env.parent is None:
                return name in context.home.values or name in context.home.pending
            env = env.parent
        return True
