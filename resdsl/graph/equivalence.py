"""Whether two graphs are one but for names: isomorphic, with equal operators, shapes and roles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

from resdsl.graph.model import Graph, Node, ScopeKind

_COMMUTATIVE = {"add", "mul", "mean"}


def equivalent(one: Graph, other: Graph) -> bool:
    """Whether a bijection of the nodes keeps operators, shapes, operands, sharing, survival, inputs and outputs.

    The operands of `add`, `mul` and `mean` may be in any order, those of `concat` may not. Names, scopes and how the
    text was written do not count.
    """
    if len(one) != len(other):
        return False
    mine, theirs = _colors(one), _colors(other)
    if Counter(mine) != Counter(theirs):
        return False
    return len(set(mine)) == len(mine) or _isomorphic(one, other, mine, theirs)


def _colors(graph: Graph) -> list[int]:
    """Nodes that differ in what they are, in what they read or in who reads them have different colours.

    Refined until nothing changes. Where every node has its own colour, equal colours are the bijection.
    """
    colors: list[Hashable] = [_label(graph, node) for node in graph.nodes()]
    kinds = len(set(colors))
    while True:
        colors = [hash(color) for color in _refined(graph, colors)]
        now = len(set(colors))
        if now <= kinds:
            return [hash(color) for color in colors]
        kinds = now


def _refined(graph: Graph, before: list[Hashable]) -> list[Hashable]:
    """One round in both directions, each along the whole graph."""
    forward: list[Hashable] = []
    for node in graph.nodes():
        operands = [forward[operand] for operand in node.operands]
        read = tuple(sorted(map(hash, operands))) if node.op.kind in _COMMUTATIVE else tuple(operands)
        forward.append(hash((before[node.id], read)))
    backward: list[Hashable] = list(forward)
    for node in reversed(list(graph.nodes())):
        users = sorted(hash((backward[user.id], _port(node, user))) for user in graph.consumers(node.id))
        backward[node.id] = hash((forward[node.id], tuple(users)))
    return backward


def _port(node: Node, user: Node) -> int:
    return 0 if user.op.kind in _COMMUTATIVE else user.operands.index(node.id)


def _label(graph: Graph, node: Node) -> Hashable:
    op = node.op.model_dump(exclude={"name"}) if node.op.kind == "input" else node.op.model_dump()
    roles = (
        graph.inputs.index(node.id) if node.id in graph.inputs else None,
        tuple(i for i, output in enumerate(graph.outputs) if output.node == node.id),
        tuple(str(aux.weight) for aux in graph.aux if aux.node == node.id),
    )
    survival = tuple(
        (scope.survival.chance, scope.survival.per, scope.survival.rescale)
        for scope in node.scope.ancestors()
        if scope.kind is ScopeKind.RESIDUAL and scope.survival is not None
    )
    return hash((node.op.kind, repr(sorted(op.items())), node.shape, roles, survival, _shared(graph, node)))


def _shared(graph: Graph, node: Node) -> int:
    """How many applications have the same weights."""
    first = node.path if node.name else ""
    return sum(1 for user in graph.nodes() if user.path == first) if node.alias_of is not None and first else 0


def _isomorphic(one: Graph, other: Graph, mine: list[int], theirs: list[int]) -> bool:
    """Where some nodes look alike from everywhere (equal branches side by side), NetworkX looks for the bijection."""
    import networkx as nx

    graphs: list[nx.DiGraph[int]] = []
    for graph, colors in ((one, mine), (other, theirs)):
        plain: nx.DiGraph[int] = nx.DiGraph()
        for node in graph.nodes():
            plain.add_node(node.id, color=colors[node.id])
            plain.add_edges_from((operand, node.id) for operand in node.operands)
        graphs.append(plain)
    return bool(nx.vf2pp_is_isomorphic(graphs[0], graphs[1], node_label="color"))
