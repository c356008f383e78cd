"""What holds for every graph. A violation is a fault of resdsl, never of a spec."""

from __future__ import annotations

from resdsl.diagnostics import Fault, InternalError
from resdsl.graph.model import Graph, Node, Scope, ScopeKind


def verify(graph: Graph) -> None:
    """Raises `InternalError` unless the graph is sound.

    Node ids are places in the order of execution, so operands precede; edges agree with operands, port by port; shapes
    are those that the operators infer; every node stands in exactly one scope, in order; names are unique in their
    naming scope; outputs exist and every result reaches one.
    """
    nodes = list(graph.nodes())
    _edges(graph, nodes)
    _shapes(graph, nodes)
    _scopes(graph, nodes)
    _names(graph)
    _outputs(graph, nodes)


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InternalError(message)


def _edges(graph: Graph, nodes: list[Node]) -> None:
    for place, node in enumerate(nodes):
        _require(node.id == place, f"node {node.id} stands at {place}")
        for operand in node.operands:
            _require(0 <= operand < node.id, f"{_name(node)} uses {operand}, which does not precede it")
        edges = sorted((port, source) for source, _, port in graph.nx.in_edges(node.id, keys=True))
        _require(edges == list(enumerate(node.operands)), f"the edges into {_name(node)} are not its operands")
    uses: list[list[int]] = [[] for _ in nodes]
    for node in nodes:
        for operand in node.operands:
            uses[operand].append(node.id)
    for node in nodes:
        _require([n.id for n in graph.consumers(node.id)] == uses[node.id], f"{_name(node)} has other consumers")
    _require(graph.nx.number_of_edges() == sum(len(node.operands) for node in nodes), "an edge too many")


def _shapes(graph: Graph, nodes: list[Node]) -> None:
    for node in nodes:
        shapes = graph.shapes(node)
        try:
            shape = node.op.infer(shapes)
        except Fault as fault:
            raise InternalError(f"{_name(node)} does not fit its operands: {fault.message}") from fault
        _require(shape == node.shape, f"{_name(node)} has shape {node.shape}, and {shape} is inferred")
        _require(len(node.stride) == node.shape.dims, f"{_name(node)} has {len(node.stride)} strides for {node.shape}")


def _scopes(graph: Graph, nodes: list[Node]) -> None:
    _require(graph.root.kind is ScopeKind.MODEL and graph.root.parent is None, "the root is no model")
    seen: list[int] = []
    for scope in graph.root.walk():
        for item in scope.items:
            if isinstance(item, Scope):
                _require(item.parent is scope, f"a {item.kind.value} in {_path(scope)} has another parent")
            else:
                _require(0 <= item < len(nodes), f"{_path(scope)} has a node {item} that does not exist")
                _require(nodes[item].scope is scope, f"{_name(nodes[item])} stands in another scope than it says")
                seen.append(item)
        for value in (*scope.inputs, *scope.outputs):
            _require(0 <= value < len(nodes), f"{_path(scope)} names a node {value} that does not exist")
    _require(len(seen) == len(set(seen)), "a node stands in two scopes")
    _require(len(seen) == len(nodes), "a node stands in no scope")
    _require(list(graph.root.nodes()) == [node.id for node in nodes], "the scopes are not in order of execution")


def _names(graph: Graph) -> None:
    """Names of nodes and scopes are unique where they are attributes; a path's container may come again."""
    taken: dict[str, object] = {}
    for scope in graph.root.walk():
        if any(above.alias_of is not None for above in scope.ancestors()):
            continue
        if scope.name and scope.kind is not ScopeKind.PATH:
            _claim(taken, scope.path, scope)
        for item in scope.items:
            if not isinstance(item, Scope):
                node = graph.node(item)
                if node.name is not None and node.alias_of is None:
                    _claim(taken, node.path, node)
    keys = [key for key, _, _ in graph.weights()]
    _require(len(keys) == len(set(keys)), "two tensors have one key")


def _claim(taken: dict[str, object], path: str, owner: object) -> None:
    _require(taken.setdefault(path, owner) is owner, f"two modules are called {path!r}")


def _outputs(graph: Graph, nodes: list[Node]) -> None:
    _require(bool(graph.inputs), "a graph without inputs")
    _require(bool(graph.outputs), "a graph without outputs")
    ends = [*(o.node for o in graph.outputs), *(a.node for a in graph.aux)]
    reached = [False] * len(nodes)
    for end in ends:
        _require(0 <= end < len(nodes), f"an output names a node {end} that does not exist")
        reached[end] = True
    for node in reversed(nodes):
        if reached[node.id]:
            for operand in node.operands:
                reached[operand] = True
    lost = next((node for node in nodes if not reached[node.id]), None)
    _require(lost is None, f"{_name(lost)} reaches no output" if lost else "")
    for unit in graph.units:
        _require(unit.kind is ScopeKind.RESIDUAL, "a unit that is no residual")


def _name(node: Node) -> str:
    return f"{node.op.kind} {node.id} ({node.path or 'unnamed'})"


def _path(scope: Scope) -> str:
    return f"the {scope.kind.value} {scope.path!r}"
