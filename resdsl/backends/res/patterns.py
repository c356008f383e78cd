"""Whether scopes still are what their kind says: a rewrite may have changed what stands in them."""

from __future__ import annotations

from dataclasses import dataclass

from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.graph.text import step_texts
from resdsl.ops.registry import merge_names


class Places:
    """Of every scope, which nodes stand in it and below: ids are places, so it is a range."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self._ranges: dict[Scope, tuple[int, int]] = {}
        for scope in reversed(list(graph.root.walk())):
            ends = [self.ends(item) if isinstance(item, Scope) else (item, item + 1) for item in scope.items]
            ends = [(low, high) for low, high in ends if high > low]
            self._ranges[scope] = (ends[0][0], ends[-1][1]) if ends else (0, 0)
        self._results = {output.node for output in graph.outputs}

    def ends(self, scope: Scope) -> tuple[int, int]:
        """Half open; empty for a scope without nodes."""
        return self._ranges[scope]

    def empty(self, item: Scope | int) -> bool:
        return isinstance(item, Scope) and not self.inside(item)

    def inside(self, scope: Scope) -> range:
        return range(*self._ranges[scope])

    def reads(self, scope: Scope) -> list[int]:
        """Values from outside that its nodes read, in the order of reading."""
        inside = self.inside(scope)
        operands = (operand for node in inside for operand in self.graph.node(node).operands)
        return list(dict.fromkeys(operand for operand in operands if operand not in inside))

    def results(self, scope: Scope) -> list[int]:
        """Its values that are used outside of it, in order."""
        inside = self.inside(scope)
        heads = {aux.node for aux in self.graph.aux if aux.node in inside and not within(aux.scope, scope)}
        return [node for node in inside if node in heads or node in self._results or self._used(node, inside)]

    def alike(self, one: Scope, other: Scope) -> bool:
        """Whether two scopes do the same with the same arguments, each to what it is given."""
        return self._work(one) == self._work(other)

    def _work(self, scope: Scope) -> list[tuple[str, str, tuple[int, ...]]]:
        low, _ = self.ends(scope)
        nodes = [self.graph.node(node) for node in self.inside(scope)]
        # Two flags may be equal where their types are not, so that it is their text that counts.
        return [(n.op.kind, repr(n.op), tuple(max(operand - low, -1) for operand in n.operands)) for n in nodes]

    def difference(self, one: Scope, other: Scope) -> str:
        """What is first different in two scopes that are not alike."""
        for mine, theirs in zip(self.inside(one), self.inside(other), strict=False):
            first, second = self.graph.node(mine), self.graph.node(theirs)
            if repr(first.op) != repr(second.op):
                there, here = step_texts(first, second)
                return f"it has `{there}` there, and `{here}` here"
        counts = [len(self.inside(scope)) for scope in (one, other)]
        if counts[0] != counts[1]:
            return f"it is {counts[0]:,} steps there, and {counts[1]:,} here"
        return "its steps read other values there than here"

    def _used(self, node: int, inside: range) -> bool:
        return any(user.id not in inside for user in self.graph.consumers(node))


def within(scope: Scope, outer: Scope) -> bool:
    return any(above is outer for above in scope.ancestors())


@dataclass(slots=True)
class Parts:
    """A residual, taken apart: its scopes, and the value that each results in."""

    main: Scope
    main_value: int
    shortcut: Scope
    shortcut_value: int
    gate: Scope | None = None
    gate_value: int = -1
    carry: Scope | None = None
    carry_value: int = -1


_GATED = (["mul", "complement", "mul", "add"], ["mul", "mul", "add"])
_KINDS = (
    [ScopeKind.MAIN, ScopeKind.SHORTCUT],
    [ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE],
    [ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY],
)


def residual(places: Places, scope: Scope) -> Parts | None:
    """The parts of a residual that adds what it says; `None` for anything else, `shortcut none` too."""
    scopes = [item for item in scope.items if isinstance(item, Scope)]
    nodes = [places.graph.node(item) for item in scope.items if not isinstance(item, Scope)]
    if [inner.kind for inner in scopes] not in _KINDS or scope.items[: len(scopes)] != scopes or not nodes:
        return None
    if not all(len(node.operands) == 2 for node in nodes if node.op.merge):
        return None
    parts = _plain(scopes, nodes) if len(scopes) == 2 else _gated(scopes, nodes)
    if parts is None or not _shortcut_fits(parts.shortcut):
        return None
    single = next((item for item in parts.shortcut.items if not isinstance(item, Scope)), None)
    if single is not None and places.graph.node(single).operands[0] >= places.ends(scope)[0]:
        return None  # one operator takes what goes into the residual
    later = [places.ends(inner)[0] for inner in scopes[1:] if not places.empty(inner)]
    return None if later and parts.main_value >= later[0] else parts


def _plain(scopes: list[Scope], nodes: list[Node]) -> Parts | None:
    if [node.op.kind for node in nodes] != ["add"]:
        return None
    return Parts(scopes[0], nodes[0].operands[0], scopes[1], nodes[0].operands[1])


def _gated(scopes: list[Scope], nodes: list[Node]) -> Parts | None:
    carried = len(scopes) == 4
    if [node.op.kind for node in nodes] != _GATED[carried]:
        return None
    weighed, shortcut, total = nodes[0], nodes[-2], nodes[-1]
    gate, main = weighed.operands
    carry, value = shortcut.operands
    if total.operands != (weighed.id, shortcut.id):
        return None
    if carried:
        return Parts(scopes[0], main, scopes[1], value, scopes[2], gate, scopes[3], carry)
    if nodes[1].operands != (gate,) or carry != nodes[1].id:
        return None
    return Parts(scopes[0], main, scopes[1], value, scopes[2], gate)


def _shortcut_fits(scope: Scope) -> bool:
    """Whether it is nothing, one operator, or one scope with a name."""
    if not scope.items:
        return True
    first = scope.items[0]
    named = not isinstance(first, Scope) or (first.name and first.kind in (ScopeKind.LABEL, ScopeKind.BLOCK))
    return len(scope.items) == 1 and bool(named)


def dense(places: Places, scope: Scope) -> Node | None:
    """The concatenation of a dense connection that still is one."""
    if len(scope.items) != 2 or not isinstance(scope.items[0], Scope) or isinstance(scope.items[1], Scope):
        return None
    node = places.graph.node(scope.items[1])
    is_dense = scope.items[0].kind is ScopeKind.MAIN and node.op.kind == "concat" and len(node.operands) == 2
    if not is_dense or places.empty(scope.items[0]):
        return None
    return node if node.operands[0] < places.ends(scope)[0] else None


@dataclass(slots=True)
class Branches:
    """A merge, taken apart."""

    node: Node
    scopes: list[Scope]


def merge(places: Places, scope: Scope) -> Branches | None:
    """The branches of a merge that still has one for each operand."""
    last = scope.items[-1]
    if isinstance(last, Scope) or places.graph.node(last).op.kind not in merge_names():
        return None
    scopes = _branches(scope.items[:-1])
    node = places.graph.node(last)
    return Branches(node, scopes) if scopes is not None and len(scopes) == len(node.operands) else None


def _branches(items: list[Scope | int]) -> list[Scope] | None:
    found: list[Scope] = []
    for item in items:
        if not isinstance(item, Scope):
            return None
        if item.kind is ScopeKind.BRANCH:
            found.append(item)
            continue
        inner = _branches(item.items) if item.kind in (ScopeKind.REPEAT, ScopeKind.ITERATION) else None
        if inner is None:
            return None
        found += inner
    return found


def iterations(scope: Scope) -> list[Scope] | None:
    """The iterations of a repeat that has nothing else."""
    found = [item for item in scope.items if isinstance(item, Scope) and item.kind is ScopeKind.ITERATION]
    return found if len(found) == len(scope.items) else None
