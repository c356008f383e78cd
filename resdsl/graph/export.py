"""The graph for users: a plain NetworkX graph without resdsl's own objects."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import networkx as nx

from resdsl.graph.model import Graph, ScopeKind

if TYPE_CHECKING:
    from resdsl.graph.model import MultiDiGraph


def export(graph: Graph) -> MultiDiGraph:
    """A new `MultiDiGraph` with plain attributes.

    Node attributes: `kind` (the operator), `role`, `path` (its module path, `""` for what has no weights or name),
    `shape` (channels and size), `stride` (total, for each axis), `arguments` (those that differ from their
    defaults), `stage` (of the innermost stage, or `None`), `params`, `macs`, `place` (`file:line:column`). Edge
    keys are operand ports, edge attribute `shape`. Graph attributes: `name`, `inputs`, `outputs`, `aux`.
    """
    plain: MultiDiGraph = nx.MultiDiGraph(
        name=graph.name,
        inputs=list(graph.inputs),
        outputs=[output.node for output in graph.outputs],
        aux={aux.name: aux.node for aux in graph.aux},
    )
    params = dict.fromkeys((node.id for node in graph.nodes()), 0)
    for _, weight, node in graph.weights():
        if not weight.buffer:
            params[node.id] += prod(weight.shape)
    for node in graph.nodes():
        stages = (scope.title for scope in node.scope.ancestors() if scope.kind is ScopeKind.STAGE)
        plain.add_node(
            node.id,
            kind=node.op.kind,
            role=node.op.role.value,
            path=node.path if node.name else "",
            shape=node.shape.full,
            stride=tuple(float(axis) for axis in node.stride),
            arguments=node.op.arguments(),
            stage=next(stages, None),
            params=params[node.id],
            macs=node.op.macs(graph.shapes(node)),
            place=str(node.span),
        )
        for port, operand in enumerate(node.operands):
            plain.add_edge(operand, node.id, key=port, shape=graph.node(operand).shape.full)
    return plain
