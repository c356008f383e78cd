"""The figures of a net: exact numbers for one input, in eval."""

from __future__ import annotations

from math import prod

from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Role, Weight
from resdsl.records import Record
from resdsl.shapes import Shape

METRICS = ("params", "macs", "keys", "depth", "units", "output")
"""What an `expect` may state."""


class Metrics(Record):
    """Exact figures of a graph."""

    params: int
    """Elements of the parameters, shared ones once."""
    buffers: int
    """Number of buffers (tensors)."""
    keys: int
    """Number of tensors in the `state_dict`."""
    macs: int
    """Multiply-adds of convolutions and linear layers, padding taps counted, auxiliary heads not."""
    depth: int
    """The most convolutions and linear layers on a path from input to output that goes through no gate, no carry, and
    no branch of a `mul` but the first."""
    units: int
    """Innermost residual units, gated ones included."""
    output: tuple[Shape, ...]


class _Costs:
    """Weights and multiply-adds, computed once for each operator and shapes (operators are shared objects)."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._known: dict[tuple[int, tuple[Shape, ...]], tuple[tuple[Weight, ...], int, int]] = {}

    def of(self, node: Node) -> tuple[tuple[Weight, ...], int, int]:
        """Weights, elements of the parameters among them, and MACs."""
        shapes = self.graph.shapes(node)
        key = (id(node.op), shapes)
        known = self._known.get(key)
        if known is None:
            weights = node.op.weights(shapes)
            params = sum(prod(w.shape) for w in weights if not w.buffer)
            known = self._known[key] = weights, params, node.op.macs(shapes)
        return known


def metrics(graph: Graph) -> Metrics:
    """All figures of a graph."""
    costs = _Costs(graph)
    aliases, aux, beside = _places(graph)
    params = buffers = keys = macs = 0
    for node in graph.nodes():
        weights, elements, multiply_adds = costs.of(node)
        if node.id not in aliases and weights:
            params += elements
            keys += len(weights)
            buffers += sum(w.buffer for w in weights)
        if node.id not in aux:
            macs += multiply_adds
    output = tuple(graph.node(o.node).shape for o in graph.outputs)
    return Metrics(params, buffers, keys, macs, _depth(graph, aux | beside), len(graph.units), output)


def _places(graph: Graph) -> tuple[set[int], set[int], set[int]]:
    """Nodes with another's weights; nodes of auxiliary heads; nodes of gates, carries and later `mul` branches."""
    aliases, aux, beside = set[int](), set[int](), set[int]()
    stack: list[tuple[Scope, bool, bool, bool]] = [(graph.root, False, False, False)]
    while stack:
        scope, alias, in_aux, off = stack.pop()
        alias = alias or scope.alias_of is not None
        in_aux = in_aux or scope.kind is ScopeKind.AUX
        off = off or scope.kind in (ScopeKind.GATE, ScopeKind.CARRY)
        later = _later_factors(graph, scope)
        for item in scope.items:
            if isinstance(item, Scope):
                stack.append((item, alias, in_aux, off or any(item is s for s in later)))
                continue
            if alias or graph.node(item).alias_of is not None:
                aliases.add(item)
            if in_aux:
                aux.add(item)
            if off:
                beside.add(item)
    return aliases, aux, beside


def _later_factors(graph: Graph, scope: Scope) -> list[Scope]:
    """The branches of a `mul` but the first."""
    if scope.kind is not ScopeKind.MERGE or not scope.items or isinstance(scope.items[-1], Scope):
        return []
    if graph.node(scope.items[-1]).op.kind != "mul":
        return []
    branches = [s for s in scope.walk() if s.kind is ScopeKind.BRANCH]
    direct = [s for s in branches if _merge_of(s) is scope]
    return direct[1:]


def _merge_of(branch: Scope) -> Scope | None:
    above = branch.parent
    while above is not None and above.kind in (ScopeKind.REPEAT, ScopeKind.ITERATION):
        above = above.parent
    return above


def _depth(graph: Graph, excluded: set[int]) -> int:
    """Convolutions and linear layers on the longest path."""
    depths = _depths(graph, excluded)
    return max((depths[o.node] for o in graph.outputs), default=0)


def _depths(graph: Graph, excluded: set[int]) -> list[int]:
    """The longest path to each node in convolutions and linear layers; -1 marks what no path of the kind goes to."""
    depths = [-1] * len(graph)
    for node in graph.nodes():
        if node.id in excluded:
            continue
        before = [depths[operand] for operand in trunk(node)]
        longest = max(before) if before else (0 if not node.operands else -1)
        if longest >= 0:
            depths[node.id] = longest + _layers(node)
    return depths


def _layers(node: Node) -> int:
    return int(node.op.role in (Role.CONV, Role.LINEAR))


def _deepest(graph: Graph) -> list[Node]:
    """The convolutions and linear layers that `depth` counts."""
    _, aux, beside = _places(graph)
    depths = _depths(graph, aux | beside)
    found: list[Node] = []
    node = max((graph.node(o.node) for o in graph.outputs), key=lambda n: depths[n.id])
    while depths[node.id] > 0:
        if _layers(node):
            found.append(node)
        before = [graph.node(operand) for operand in trunk(node)]
        node = max(before, key=lambda n: depths[n.id])
    return found


def trunk(node: Node) -> tuple[int, ...]:
    """The operands that a path may come through: of a product of branches the first, of a gated one the weighed."""
    if node.op.kind == "mul" and len(node.operands) > 1:
        return node.operands[1:] if node.scope.kind is ScopeKind.RESIDUAL else node.operands[:1]
    if node.op.kind == "complement" and node.scope.kind is ScopeKind.RESIDUAL:
        return ()
    return node.operands


def contributions(graph: Graph, name: str) -> list[tuple[str, int]]:
    """The steps that make up a figure that is a sum (all but `output`), in order of execution, each with its part."""
    if name == "units":
        return [(unit.path, 1) for unit in graph.units]
    if name == "depth":
        return [(node.path, 1) for node in reversed(_deepest(graph))]
    if name not in ("params", "macs", "keys"):
        return []
    costs = _Costs(graph)
    aliases, aux, _ = _places(graph)
    left_out = aux if name == "macs" else aliases
    parts = []
    for node in graph.nodes():
        if node.id not in left_out:
            weights, elements, multiply_adds = costs.of(node)
            part = len(weights) if name == "keys" else elements if name == "params" else multiply_adds
            parts.append((node.path, part))
    return [part for part in parts if part[1]]
