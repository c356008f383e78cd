"""The graph of a model that has faults, as far as it goes: for pictures alone.

Where a step failed stands a node of the operator `Broken`, which reads what the step would have read and says the
fault. Constructs that were not finished are as if they were braces.
"""

from __future__ import annotations

from typing import ClassVar, Never

from resdsl.diagnostics import InternalError
from resdsl.elaborate.reporter import Found
from resdsl.elaborate.state import Elaboration
from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import NOTHING, Pointwise, Role, Saved

_JOINED = {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE, ScopeKind.AUX}
_WAYS = {ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY, ScopeKind.BRANCH}


class Broken(Pointwise):
    """A step that failed. No text can say it, and nothing but a picture may be made of it."""

    kind: ClassVar[str] = "broken"
    role: ClassVar[Role] = Role.SHAPE
    summary: ClassVar[str] = "a step that failed"

    code: str
    message: str

    def saved(self, inputs: object) -> Saved:  # noqa: ARG002 - its base's signature
        return NOTHING

    def torch(self, inputs: object) -> Never:  # noqa: ARG002 - its base's signature
        raise InternalError("a net that has faults is compiled")


def as_far_as_it_goes(run: Elaboration) -> Graph:
    """Completes the graph of an elaboration that failed."""
    graph = run.graph
    placed = {(found.diagnostic.code, found.diagnostic.span) for found in run.evaluator.found}
    others = [Found(fault) for fault in run.evaluator.report.errors if (fault.code, fault.span) not in placed]
    for found in (*run.evaluator.found, *others):
        if len(graph):
            _mark(graph, found)
    for scope in list(graph.root.walk()):
        if scope.kind in _JOINED and (not scope.outputs or not any(True for _ in scope.nodes())):
            scope.kind = ScopeKind.BRACES
            for item in scope.items:
                if isinstance(item, Scope) and item.kind in _WAYS:
                    item.kind = ScopeKind.BRACES
    graph.units = [unit for unit in graph.units if unit.kind is ScopeKind.RESIDUAL]
    return graph


def _mark(graph: Graph, found: Found) -> None:
    """A node where a fault was found: after the values that its step had, or after the step that it is about."""
    span = found.diagnostic.primary.span
    if found.scope is not None:
        scope, operands = found.scope, _operands(found)
    else:
        about = [node for node in graph.nodes() if node.span == span]
        if not about:
            return
        scope, operands = about[-1].scope, (about[-1].id,)
    if operands:
        first = graph.node(operands[0])
        op = Broken(code=found.diagnostic.code, message=found.diagnostic.message)
        graph.add(op, operands, first.shape, first.stride, scope, None, span)


def _operands(found: Found) -> tuple[int, ...]:
    """What the failed step had: the results of the branches that it joins, or the value before it."""
    last = found.last
    if isinstance(last, Scope) and last.kind in _JOINED and not last.outputs:
        ways = [item for item in last.walk() if item.kind in _WAYS and item.parent is last]
        ends = [(way.outputs or way.inputs)[0] for way in ways if way.outputs or way.inputs]
        if len(ends) > 1:
            return tuple(ends)
    return (found.value.id,) if isinstance(found.value, Node) else ()
