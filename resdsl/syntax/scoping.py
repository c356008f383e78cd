"""The scoping of names, told once: whoever asks what names mean walks a text with `ScopedWalk`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from enum import Enum
from typing import Generic, TypeVar

from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.walking import children


class Opening(Enum):
    """What opens a scope within another."""

    BRACES = "braces"
    BRANCHES = "the braces of a merge"
    DECISION = "the braces of an `if` or a `for`"
    REPEAT = "a repeat"
    SHARED = "a shared step"
    POLICY = "a shortcut policy"
    SCHEDULE = "the chance of a `survival` statement"
    FUNCTION = "a function"


Scope = TypeVar("Scope")


class ScopedWalk(ABC, Generic[Scope]):
    """Goes through definitions in the order of the text; its hooks say what is done with names.

    Braces see what stands before and around them. A `let` is known from its statement on and a function in itself,
    the variables of a `for` in its braces, a parameter in the defaults after it and in the body.
    """

    # --- hooks -----------------------------------------------------------------------------------

    @abstractmethod
    def inside(self, scope: Scope, opening: Opening) -> Scope:
        """A scope within another."""

    @abstractmethod
    def declare(self, ident: tree.Ident, node: tree.Node, scope: Scope) -> None:
        """A new name; `node` is what declares it."""

    @abstractmethod
    def name(self, name: str, span: Span, scope: Scope) -> object:
        """A name in an expression."""

    @abstractmethod
    def kept(self, name: str, span: Span, scope: Scope) -> None:
        """A name behind `from` or `output`."""

    @abstractmethod
    def call(self, call: tree.Call, scope: Scope) -> None:
        """A step that is a call."""

    @abstractmethod
    def apply(self, expr: tree.Apply, scope: Scope) -> None:
        """A call in an expression, its callee and arguments included."""

    def default(self, call: tree.Call, scope: Scope) -> None:
        """The call of a `default`."""
        self.call(call, scope)

    def keep(self, text: tree.Text, scope: Scope) -> None:
        """A name behind `keep`."""
        self.expression(text, scope)

    def computed(self, text: tree.Text, scope: Scope) -> None:
        """A computed name behind `from` or `output`."""
        self.expression(text, scope)

    # --- statements ------------------------------------------------------------------------------

    def parameters(self, params: Iterable[tree.Param], scope: Scope) -> None:
        for param in params:
            self.expression(param.default, scope)
            self.declare(param.name, param, scope)

    def stmts(self, stmts: Iterable[tree.Stmt], scope: Scope) -> None:
        for stmt in stmts:
            self.statement(stmt, scope)

    def statement(self, stmt: tree.Stmt, scope: Scope) -> None:
        match stmt:
            case tree.Flow():
                self.flow(stmt, scope)
            case tree.Let():
                self.let(stmt, scope)
            case tree.Default(call=call):
                self.default(call, scope)
            case tree.Output(refs=refs):
                for ref in refs:
                    self.ref(ref, scope)
            case tree.Shared(name=name, unit=unit):
                self.unit(unit, self.inside(scope, Opening.SHARED))
                self.declare(name, stmt, scope)
            case tree.If():
                self.decision(stmt, scope)
            case tree.For(target=target, iterable=iterable, body=body):
                self.expression(iterable, scope)
                inner = self.inside(scope, Opening.DECISION)
                self.target(target, stmt, inner)
                self.stmts(body.stmts, inner)
            case tree.Require(condition=condition, message=message):
                self.expression(condition, scope)
                self.expression(message, scope)
            case tree.Survival(chance=chance):
                self.expression(chance, self.inside(scope, Opening.SCHEDULE))
            case tree.Input(size=value) | tree.Expect(value=value):
                self.expression(value, scope)

    def flow(self, flow: tree.Flow, scope: Scope) -> None:
        for step in flow.steps:
            self.label(step.label, scope)
            self.unit(step.unit, scope)

    def let(self, let: tree.Let, scope: Scope) -> None:
        if let.params is None:
            self.value(let, scope)
            self.declare(let.name, let, scope)
        else:
            self.declare(let.name, let, scope)
            self.value(let, scope)

    def value(self, let: tree.Let, scope: Scope) -> None:
        """The value of a `let`; of a function after its parameters."""
        if let.params is not None:
            scope = self.inside(scope, Opening.FUNCTION)
            self.parameters(let.params, scope)
        self.expression(let.value, scope)

    def decision(self, stmt: tree.If, scope: Scope) -> None:
        branch: tree.If | tree.Body | None = stmt
        while isinstance(branch, tree.If):
            self.expression(branch.condition, scope)
            self.braces(branch.body, scope, Opening.DECISION)
            branch = branch.otherwise
        if branch is not None:
            self.braces(branch, scope, Opening.DECISION)

    def target(self, target: tree.Target, node: tree.Node, scope: Scope) -> None:
        if target.name is not None:
            self.declare(target.name, node, scope)
        for part in target.parts:
            self.target(part, node, scope)

    # --- steps -----------------------------------------------------------------------------------

    def braces(self, body: tree.Body, scope: Scope, opening: Opening = Opening.BRACES) -> None:
        self.stmts(body.stmts, self.inside(scope, opening))

    def label(self, label: tree.Label | None, scope: Scope) -> None:
        if label is not None:
            self.expression(label.name, scope)
            self.expression(label.number, scope)

    def ref(self, ref: tree.Ref, scope: Scope) -> None:
        name = ref.name.plain
        if name is None:
            self.computed(ref.name, scope)
        else:
            self.kept(name, ref.name.span, scope)
        self.expression(ref.index, scope)

    def unit(self, unit: tree.Unit, scope: Scope) -> None:
        match unit:
            case tree.Call():
                self.call(unit, scope)
            case (tree.Body() as body) | tree.Dense(body=body):
                self.braces(body, scope)
            case tree.Merge(body=body):
                self.braces(body, scope, Opening.BRANCHES)
            case tree.Repeat(count=count, unit=inner):
                self.expression(count, scope)
                self.unit(inner, self.inside(scope, Opening.REPEAT))
            case tree.Stage(label=label, unit=inner):
                self.label(label, scope)
                self.unit(inner, scope)
            case tree.Region(name=name, unit=inner):
                self.expression(name, scope)
                self.unit(inner, scope)
            case tree.Aux(weight=weight, label=label, unit=inner):
                self.expression(weight, scope)
                self.label(label, scope)
                self.unit(inner, scope)
            case tree.Residual():
                self.residual(unit, scope)
            case tree.Keep(names=names):
                for text in names:
                    self.keep(text, scope)
            case tree.From(ref=ref):
                self.ref(ref, scope)

    def residual(self, unit: tree.Residual, scope: Scope) -> None:
        self.braces(unit.main, scope)
        if unit.shortcut is not None:
            self.label(unit.shortcut.label, scope)
            self.unit(unit.shortcut.policy, self.inside(scope, Opening.POLICY))
        for body in (unit.gate, unit.carry):
            if body is not None:
                self.braces(body, scope)
        if unit.survival is not None:
            self.expression(unit.survival.chance, scope)

    # --- expressions -----------------------------------------------------------------------------

    def expression(self, expr: tree.Expr | None, scope: Scope) -> None:
        """The names and calls in an expression."""
        stack: list[tree.Node] = [expr] if expr is not None else []
        while stack:
            item = stack.pop()
            match item:
                case tree.Name(span=span, name=name):
                    self.name(name, span, scope)
                case tree.Apply():
                    self.apply(item, scope)
                case _:
                    stack.extend(reversed(list(children(item))))
