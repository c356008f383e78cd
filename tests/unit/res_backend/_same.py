"""What two graphs must have in common for one to be the text of the other, elaborated."""

from __future__ import annotations

from typing import Any

from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.graph import Graph, ScopeKind
from resdsl.source import Source

CONSTRUCTS = frozenset(ScopeKind) - {
    ScopeKind.MODEL, ScopeKind.BLOCK, ScopeKind.LABEL, ScopeKind.PATH, ScopeKind.REPEAT, ScopeKind.ITERATION,
    ScopeKind.MAIN, ScopeKind.BRANCH, ScopeKind.BRACES,
}  # fmt: skip
"""What a construct is must come back; in which block, repeat or braces it stands, may be written otherwise."""


def elaborated(text: str, model: str) -> Graph:
    """The graph of a text that has no faults."""
    report = Report()
    program = load_program(Source(f"{model}.res", text), report)
    graph = build(program, model, report) if not report.failed else None
    report.raise_if_failed()
    assert graph is not None
    return graph


def facts(graph: Graph) -> dict[str, Any]:
    """Everything that the text of a graph keeps, as plain values. `repr` tells a bias of 0 from none."""
    return {
        "name": graph.name,
        "header": graph.header,
        "nodes": [(n.op.kind, repr(n.op), n.operands, n.shape.full, n.stride, n.alias_of) for n in graph.nodes()],
        "weights": [(key, weight.shape, weight.buffer) for key, weight, _ in graph.weights()],
        "inputs": graph.inputs,
        "outputs": [(output.name, output.node) for output in graph.outputs],
        "aux": [(aux.name, aux.node, aux.weight) for aux in graph.aux],
        "units": [(list(unit.nodes()), str(unit.survival)) for unit in graph.units],
        "constructs": list(constructs(graph)),
    }


def constructs(graph: Graph) -> list[tuple[str, str | None, int, int, str]]:
    """Each construct that holds something: its kind, its name where that is said, its nodes, its survival."""
    found = []
    for scope in graph.root.walk():
        nodes = list(scope.nodes())
        plain = scope.kind is ScopeKind.RESIDUAL and not isinstance(scope.items[-1], int)  # `shortcut none`
        if scope.kind not in CONSTRUCTS or not nodes or plain:
            continue
        name = scope.path if scope.kind is ScopeKind.STAGE else None
        name = scope.title if scope.kind in (ScopeKind.REGION, ScopeKind.SHARED, ScopeKind.AUX) else name
        found.append((scope.kind.value, name, nodes[0], nodes[-1], str(scope.survival)))
    return found


def assert_same(graph: Graph, text: str) -> None:
    """Fails with the first difference between a graph and what a text elaborates to."""
    ours, theirs = facts(graph), facts(elaborated(text, graph.name))
    for what, value in ours.items():
        if isinstance(value, list):
            for one, other in zip(value, theirs[what], strict=False):
                assert one == other, f"{what}:\n{one}\n{other}\n{text}"
            assert len(value) == len(theirs[what]), what
        else:
            assert value == theirs[what], what
