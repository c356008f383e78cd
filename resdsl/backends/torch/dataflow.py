"""Which scopes become modules of their own, and which values cross their borders."""

from __future__ import annotations

from dataclasses import dataclass, field

from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Torch


@dataclass(slots=True)
class Border:
    """What a module scope takes and gives: nodes outside that it uses, nodes inside that others use."""

    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    modules: list[str] = field(default_factory=list)
    """Keys of `shared` modules and tensors that are declared further out."""


def is_module(scope: Scope) -> bool:
    """Whether a scope is called as a module: it owns a name and is not a mere container of names."""
    return scope.parent is None or (scope.name is not None and scope.kind is not ScopeKind.PATH)


def owner(scope: Scope | Node) -> tuple[Scope, str]:
    """The module scope that holds a named scope or node as a member, and the member's dotted name in it."""
    names = [scope.name or ""]
    above = scope.scope if isinstance(scope, Node) else scope.home or scope.parent
    while above is not None:
        if is_module(above):
            return above, ".".join(reversed(names))
        if above.name is not None:
            names.append(above.name)
        above = above.home or above.parent
    raise AssertionError("the model's own scope is a module")


def shared_use(scope: Scope | None) -> Scope | None:
    """The SHARED scope around, if any lies between here and the nearest module scope."""
    while scope is not None:
        if scope.kind is ScopeKind.SHARED:
            return scope
        if is_module(scope):
            return None
        scope = scope.parent
    return None


class Dataflow:
    """Borders of every module scope of a graph, and how often each value is used."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.borders: dict[Scope, Border] = {graph.root: Border()}
        self.filled: set[Scope] = set()
        """Scopes with at least one node in them."""
        self.shared: list[Scope | Node] = []
        """What `shared` declarations are used for, first uses and later ones, in order."""
        self.tensors: set[str] = set()
        """Keys of those that are a bare tensor."""
        self.reshaped: set[Scope] = set()
        """First uses of shared scopes that are used with other shapes too: no shape is true of their class."""
        self._chains: dict[Scope, tuple[Scope, ...]] = {}
        for scope in graph.root.walk():
            if is_module(scope):
                self.borders[scope] = Border()
            if scope.alias_of is not None and self._shapes_at(scope) != self._shapes_at(scope.alias_of):
                self.reshaped.add(scope.alias_of)
            if scope.kind is ScopeKind.SHARED:
                item = self.shared_item(scope)
                self.shared.append(item)
                if isinstance(item, Node) and self._torch(item).parameter is not None:
                    self.tensors.add(item.path)
        for node in graph.nodes():
            self._mark_filled(node.scope)
            for operand in node.operands:
                self._cross(graph.node(operand), self.chain(node.scope))
            self._share(node)
        for value in [*(o.node for o in graph.outputs), *(a.node for a in graph.aux)]:
            self._cross(graph.node(value), (graph.root,))
        for scope, border in self.borders.items():
            self._order(scope, border)

    def chain(self, scope: Scope) -> tuple[Scope, ...]:
        """The module scopes around a place, innermost first."""
        found = self._chains.get(scope)
        if found is None:
            above = self.chain(scope.parent) if scope.parent is not None else ()
            found = (scope, *above) if is_module(scope) else above
            self._chains[scope] = found
        return found

    def _shapes_at(self, scope: Scope) -> list[object]:
        return [self.graph.node(value).shape for value in scope.inputs]

    def _mark_filled(self, scope: Scope | None) -> None:
        while scope is not None and scope not in self.filled:
            self.filled.add(scope)
            scope = scope.parent

    def _cross(self, value: Node, consumer: tuple[Scope, ...]) -> None:
        producer = self.chain(value.scope)
        for scope in consumer:
            if scope in producer:
                break
            _append(self.borders[scope].inputs, value.id)
        for scope in producer:
            if scope in consumer:
                break
            _append(self.borders[scope].outputs, value.id)

    def _share(self, node: Node) -> None:
        """Shared modules that are used further in than they are declared are passed along."""
        scope: Scope | None = node.scope
        while scope is not None:
            if scope.kind is ScopeKind.SHARED and scope.home is not None and self.is_member(self.shared_item(scope)):
                member = self.shared_key(scope)
                for module in self.chain(scope.parent) if scope.parent else ():
                    if module is scope.home or module is self._home(scope):
                        break
                    _append(self.borders[module].modules, member)
            scope = scope.parent

    def _home(self, scope: Scope) -> Scope:
        home = scope.home
        while home is not None and not is_module(home):
            home = home.home or home.parent
        assert home is not None
        return home

    def shared_key(self, scope: Scope) -> str:
        """The key of what a SHARED scope uses."""
        return self.shared_item(scope).path

    def shared_item(self, scope: Scope) -> Scope | Node:
        """What a SHARED scope uses: itself if it is named, otherwise its only content."""
        if scope.name is not None:
            return scope
        (item,) = scope.items
        return item if isinstance(item, Scope) else self.graph.node(item)

    def is_member(self, item: Scope | Node) -> bool:
        """Whether there is a module or a tensor of what is shared; of one operator there may be an expression alone."""
        if isinstance(item, Scope):
            return item in self.filled
        text = self._torch(item)
        return text.parameter is not None or (text.layer is not None and not text.inline)

    def _torch(self, node: Node) -> Torch:
        return node.op.torch(self.graph.shapes(node))

    def _order(self, scope: Scope, border: Border) -> None:
        first = {value: place for place, value in enumerate(scope.inputs)}
        border.inputs.sort(key=lambda value: (first.get(value, len(first)), value))
        last = {value: place for place, value in enumerate(scope.outputs)}
        border.outputs.sort(key=lambda value: (last.get(value, len(last)), value))


def _append(values: list[int] | list[str], value: int | str) -> None:
    if value not in values:
        values.append(value)  # type: ignore[arg-type] # both lists hold what they are given
