"""A residual branch that does not see its input."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Graph, Scope, ScopeKind
from resdsl.lints.base import GraphRule, Net, first_line, in_library
from resdsl.source import Span


class BlindBranch(GraphRule):
    """The branch of a residual begins with `from` some other value, and nothing in it follows from the residual's own
    input: what is added is no correction of what it is added to. A sum of two values is written `add { | ... | ... }`.
    """

    code = "W513"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[int] = set()
        spans: set[Span] = set()
        for unit in net.graph.units:
            for scope in unit.ancestors():
                if id(scope) in seen:
                    break
                seen.add(id(scope))
                if scope.kind is ScopeKind.RESIDUAL and scope.span not in spans and not in_library(scope.span):
                    spans.add(scope.span)
                    yield from self._residual(net.graph, scope)

    def _residual(self, graph: Graph, scope: Scope) -> Iterator[Diagnostic]:
        main = scope.items[0]
        if not isinstance(main, Scope) or not scope.inputs or not main.outputs:
            return
        source = scope.inputs[0]
        if _follows(graph, main.outputs[0], source):
            return
        yield self.warning(
            "the branch of this residual does not see its input",
            first_line(scope.span),
            secondary=[Label(first_line(graph.node(source).span), "the input")],
            notes=["nothing in the branch follows from the value that it is added to"],
            help="begin the branch with the current value, or write a sum: `add { | ... | ... }`",
        )


def _follows(graph: Graph, node: int, source: int) -> bool:
    """Whether a value is computed from another one. Operands have lower numbers, so the search ends there."""
    stack, seen = [node], {node}
    while stack:
        item = stack.pop()
        if item == source:
            return True
        for operand in graph.node(item).operands:
            if operand >= source and operand not in seen:
                seen.add(operand)
                stack.append(operand)
    return False
