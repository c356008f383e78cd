"""One model in the making: its graph, the operators in use, and what is to be checked at the end."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from resdsl.diagnostics import Diagnostic, Fault, Fix, Label
from resdsl.diagnostics.suggest import replacement
from resdsl.elaborate.binding import (
    cache_key,
    combine,
    make_operator,
    missing,
    missing_help,
    missing_message,
    signature,
)
from resdsl.elaborate.context import Current, Guard, Place
from resdsl.elaborate.evaluate import Evaluator
from resdsl.elaborate.reporter import Stop
from resdsl.elaborate.values import UNKNOWN, Given, Kept, Number, OperatorValue, SharedValue, Size, show, whole
from resdsl.graph import Graph, Node, Scope, ScopeKind, Survival
from resdsl.graph.strides import Strides, total_stride
from resdsl.ops.base import Operator, Shapes
from resdsl.records import Record
from resdsl.shapes import Shape
from resdsl.source import Span
from resdsl.syntax import tree


class Applied:
    """An operator with its arguments, and what it gave for the shapes it was applied to."""

    __slots__ = ("_results", "op")

    def __init__(self, op: Operator) -> None:
        self.op = op
        self._results: dict[Shapes, tuple[Shape, Strides, bool]] = {}

    def infer(self, shapes: Shapes) -> tuple[Shape, Strides, bool]:
        """Shape of the output, stride for each of its axes, and whether any is not 1. Raises `Fault`."""
        known = self._results.get(shapes)
        if known is None:
            shape = self.op.infer(shapes)
            strides = tuple(window.stride for window in self.op.windows(shapes))
            known = shape, strides, any(stride != 1 for stride in strides)
            self._results[shapes] = known
        return known


@dataclass(slots=True)
class UnitState:
    """What is known of an innermost residual unit until its survival is settled."""

    scope: Scope
    residual: tree.Residual
    settled: bool
    """Whether a clause or an inner statement has had its say."""


class Constructs(Record):
    """What executes each construct; `flow` executes sequences of them, and the calls of operators and blocks."""

    units: Mapping[type[tree.Unit], Callable[[Elaboration, Any, Place, Current], Current]]
    statements: Mapping[type[tree.Stmt], Callable[[Elaboration, Any, Place, Current], Current]]
    """All but flows."""
    use: Callable[[Elaboration, tree.Call, SharedValue, tree.Label | None, Place, Current], Current]
    """Of a shared step."""


class OutsideUse(Record):
    """A value kept in the branch of `residual` is used outside of it."""

    residual: Scope
    diagnostic: Diagnostic


@dataclass(slots=True)
class Elaboration:
    """Everything that the execution of one model shares."""

    evaluator: Evaluator
    graph: Graph
    model: tree.Model
    constructs: Constructs
    input_size: tuple[int, ...] | None = None
    inputs_open: bool = True
    """Whether no step has been executed, so that inputs may still come."""
    unit_states: list[UnitState] = field(default_factory=list)
    residuals: int = 0
    """Residual units of any kind that have begun."""
    outside_uses: list[OutsideUse] = field(default_factory=list)
    expects: list[tuple[tree.Expect, Place]] = field(default_factory=list)
    scopes: int = 0
    nodes: int = 0
    operators: dict[tuple[object, ...], Applied] = field(default_factory=dict)
    sites: dict[tuple[int, int, int], tuple[Applied, object]] = field(default_factory=dict)

    # --- scopes and nodes ------------------------------------------------------------------------

    def open(
        self,
        kind: ScopeKind,
        parent: Scope,
        span: Span,
        value: Current,
        *,
        name: str | None = None,
        numbered: bool = False,
        title: str | None = None,
        site: Span | None = None,
    ) -> Scope:
        """A new scope at the end of `parent`, entered with `value`."""
        scope = Scope(kind, parent, span, name, numbered, title, site or span)
        if isinstance(value, Node):
            scope.inputs.append(value.id)
        parent.items.append(scope)
        self.scopes += 1
        if self.scopes > self.evaluator.limits.items:
            self.too_large(span)
        if not self.scopes & 63:
            self.evaluator.tick(span, None)
        return scope

    @staticmethod
    def close(scope: Scope, value: Current) -> Current:
        """Notes what a scope results in."""
        if isinstance(value, Node):
            scope.outputs.append(value.id)
        elif value is not None and value is not UNKNOWN:
            scope.outputs.extend(node.id for node in value.values if isinstance(node, Node))
        return value

    def too_large(self, span: Span) -> None:
        limit = self.evaluator.limits.items
        self.evaluator.error(
            "E413", f"the net has more than {limit:,} steps", span, help="--max-items raises the limit"
        )
        raise Stop

    def add(
        self, applied: Applied, operands: tuple[Node, ...], place: Place, scope: Scope, name: str | None, span: Span
    ) -> Node:
        """A node for one application. Raises `Fault` where the shapes do not fit."""
        shape, strides, moves = applied.infer(tuple([node.shape for node in operands]))
        self.nodes += 1
        if self.nodes > self.evaluator.limits.items:
            self.too_large(span)
        if not self.nodes & 63:
            self.evaluator.tick(span, place)
        self.inputs_open = False
        return self.graph.add(
            applied.op,
            tuple([node.id for node in operands]),
            shape,
            total_stride(operands, shape, strides, moves=moves),
            scope,
            name,
            span,
            place.activation.trace,
        )

    # --- operators -------------------------------------------------------------------------------

    def applied(self, kind: str, bound: dict[str, Given]) -> tuple[Applied | None, list[Fault]]:
        """The operator with these arguments, one object for equal ones; or the faults of its arguments."""
        key = cache_key(kind, bound)
        known = self.operators.get(key)
        if known is not None:
            return known, []
        op, faults = make_operator(kind, bound)
        if op is None:
            return None, faults
        known = self.operators[key] = Applied(op)
        return known, []

    def plain(self, kind: str) -> Applied:
        """An operator that takes no arguments."""
        applied, _ = self.applied(kind, {})
        assert applied is not None
        return applied

    def bind(
        self, callee: OperatorValue, given: tuple[Given, ...], span: Span, place: Place
    ) -> tuple[Applied | None, dict[str, Given]]:
        """An operator's call with defaults; its faults are reported, each at its argument."""
        bound = combine(callee, given, place.defaults.get(callee.kind, ()))
        evaluator = self.evaluator
        if any(g.value is UNKNOWN for g in bound.values()):
            evaluator.failed = True
            return None, bound
        to = signature(callee)
        lacking = missing(to, bound)
        if lacking:
            evaluator.error("E121", missing_message(to, lacking), span, place, help=missing_help(to))
            return None, bound
        applied, faults = self.applied(callee.kind, bound)
        for fault in faults:
            self.fault_at(fault, span, place, given, bound)
        return applied, bound

    def fault_at(
        self,
        fault: Fault,
        span: Span,
        place: Place,
        given: tuple[Given, ...],
        bound: dict[str, Given],
        more: Iterable[Label] = (),
    ) -> None:
        """Reports an operator's fault: at the argument if it is written in this call, else at the step."""
        secondary: list[Label] = []
        fixes: list[Fix] = []
        label = ""
        for g in given:
            if g.name == fault.argument:
                span = g.span
                fixes = [replacement(span, text, safe=False) for text in fault.instead]
                if span.text != show(g.value) and not isinstance(g.value, str):
                    label = f"this is {show(g.value)}"
                break
        else:
            if fault.argument in bound:
                secondary.append(Label(bound[fault.argument].span, f"`{fault.argument}` comes from here"))
        self.evaluator.fault(fault, span, place, [*secondary, *more], label=label, fixes=fixes)

    # --- kept values -----------------------------------------------------------------------------

    def use(self, kept: Kept, span: Span, place: Place, here: Guard | None) -> Node:
        """The node of a kept value, used in the branch of `here`. Whether it may be is known when survival is."""
        guard = kept.guard
        while guard is not None and not (here is not None and here.contains(guard)):
            self._outside_use(guard, kept.span, span, place)
            guard = guard.parent
        return kept.node

    def _outside_use(self, guard: Guard, kept: Span, span: Span, place: Place) -> None:
        diagnostic = Diagnostic(
            "E409",
            "a value from a branch that may be dropped is used outside of it",
            Label(span),
            secondary=(Label(kept, "kept here"), Label(guard.residual.span, "this branch may be dropped")),
            notes=("only the residual's own shortcut may use it: it has no value where the branch does not survive",),
            trace=place.activation.trace,
        )
        self.outside_uses.append(OutsideUse(guard.residual, diagnostic))

    def settle(self, unit: Scope, chance: Fraction, statement: tree.Survival) -> None:
        """Notes the survival of a unit; a chance of 1 is as if nothing were written."""
        if chance < 1:
            per = statement.per.name if statement.per else "batch"
            rescale = statement.rescale.name if statement.rescale else "test"
            unit.survival = Survival(chance, per, rescale)


def stride_between(first: Node, last: Node) -> Number | Size:
    """The stride accumulated from one value to another: a number where axes agree, else a size."""
    if not last.stride or len(first.stride) != len(last.stride):
        return 1
    ratios = [whole(b / a) for a, b in zip(first.stride, last.stride, strict=True)]
    if len(set(ratios)) == 1:
        return ratios[0]
    return Size(tuple(int(r) for r in ratios))
