"""Whether two graphs are one but for names: isomorphic, with equal operators, shapes and roles."""

from __future__ import annotations

from collections.abc import Hashable

from resdsl.graph.isomorphism import Structure, isomorphic
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.limits import DEFAULT, Deadline, Limits

Edge = tuple[int, Hashable, int]


def equivalent(one: Graph, other: Graph, limits: Limits = DEFAULT) -> bool:
    """Whether a bijection of the nodes keeps operators, shapes, operands, sharing, survival, inputs and outputs.

    The operands of `add`, `mul` and `mean` may be in any order, those of `concat` may not. Names, scopes and how the
    text was written do not count. Raises `UndecidedError` where that takes longer than the limits allow.
    """
    return isomorphic(_structure(one), _structure(other), Deadline(limits))


def _structure(graph: Graph) -> Structure:
    """What counts: a point for each node, and one for what several nodes have in common."""
    roles = _roles(graph)
    points: list[Hashable] = [_label(node, roles[node.id]) for node in graph.nodes()]
    edges: list[Edge] = []
    for node in graph.nodes():
        ports = [None] * len(node.operands) if _any_order(node) else range(len(node.operands))
        edges += ((operand, port, node.id) for port, operand in zip(ports, node.operands, strict=True))
    _share(graph, points, edges)
    _drop(graph, points, edges)
    return Structure(points, edges)


def _label(node: Node, roles: tuple[Hashable, ...]) -> Hashable:
    """What a node is by itself. An input's own argument is its name, besides its shape."""
    op = node.op.kind if node.op.kind == "input" else repr(node.op)  # `true` is no 1 here, as it is to `==`
    return op, node.shape, roles


def _any_order(node: Node) -> bool:
    """Whether its operands may change places. A sum whose one side may be dropped has sides."""
    return node.op.commutative and node.scope.survival is None


def _roles(graph: Graph) -> list[tuple[Hashable, ...]]:
    """For each node, which inputs, outputs and auxiliary outputs it is."""
    roles: list[tuple[Hashable, ...]] = [()] * len(graph)
    for place, id_ in enumerate(graph.inputs):
        roles[id_] += (("input", place),)
    for place, output in enumerate(graph.outputs):
        roles[output.node] += (("output", place),)
    for aux in sorted(graph.aux, key=lambda aux: str(aux.weight)):
        roles[aux.node] += (("aux", str(aux.weight)),)
    return roles


def _share(graph: Graph, points: list[Hashable], edges: list[Edge]) -> None:
    """A point for each set of weights that several nodes have: its key is the same."""
    users: dict[str, list[int]] = {}
    for node in graph.nodes():
        if node.name is not None and node.op.weights(graph.shapes(node)):
            users.setdefault(node.path, []).append(node.id)
    for ids in users.values():
        if len(ids) > 1:
            edges += ((len(points), "weights", id_) for id_ in ids)
            points.append("weights")


def _drop(graph: Graph, points: list[Hashable], edges: list[Edge]) -> None:
    """A point for each residual unit that may not survive: one draw decides on all that is in its branch."""
    homes: dict[Scope, tuple[int, ScopeKind] | None] = {}
    for scope in graph.root.walk():
        home = homes[scope.parent] if scope.parent else None
        if home is not None and scope.parent and scope.parent.survival is not None:
            home = home[0], scope.kind
        if scope.survival is not None:
            points.append(("unit", repr(scope.survival)))
            unit = len(points) - 1
            edges += [(*home, unit)] if home else []
            home = unit, scope.kind
        homes[scope] = home
        if home is not None:
            edges += ((*home, item) for item in scope.items if isinstance(item, int))
