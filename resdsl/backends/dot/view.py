"""What of a graph is drawn: all of it, or what lies below a module path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.graph.model import Graph, Scope, ScopeKind

_TITLED = {ScopeKind.STAGE, ScopeKind.REGION, ScopeKind.AUX}


@dataclass(frozen=True)
class View:
    """A part of a graph, in the order of execution."""

    graph: Graph
    title: str
    items: tuple[Scope | int, ...]
    inputs: tuple[int, ...]
    """Values that it starts from: the model's inputs, or what the part reads from outside."""
    outputs: tuple[tuple[str | None, int], ...]
    """Values that leave it, with their names."""
    collapse: frozenset[str] = frozenset()
    """Names of blocks whose insides are not drawn."""
    section: str | None = None
    """Its name, where it is one section of the net and is not cut further."""

    @cached_property
    def nodes(self) -> tuple[int, ...]:
        """Everything in it but the model's inputs."""
        inputs = set(self.graph.inputs)
        found = (item.nodes() if isinstance(item, Scope) else (item,) for item in self.items)
        return tuple(node for nodes in found for node in nodes if node not in inputs)

    @cached_property
    def names(self) -> dict[int, str]:
        """What a value is called where it is not used at once: an output's name, what `keep` says, a module path.

        No two are equal.
        """
        given = {node: name for name, node in self.outputs if name}
        found: dict[int, str] = {}
        taken = set(given.values())
        for node in (*self.inputs, *self.nodes):
            name = given.get(node)
            if name is None:
                name = self.graph.node(node).kept or self.graph.node(node).path or f"value {node}"
                while name in taken:
                    name += "\u2032"
                taken.add(name)
            found[node] = name
        return found

    @cached_property
    def known(self) -> dict[object, Any]:
        """What was made of a block, by what it does: the next one that does the same says the same."""
        return {}

    def is_collapsed(self, scope: Scope) -> bool:
        return scope.kind is ScopeKind.BLOCK and scope.title in self.collapse


def view(graph: Graph, focus: str | None = None, collapse: frozenset[str] = frozenset()) -> View:
    """The whole graph, or what lies below the path `focus`.

    Raises `ValueError` where there is no such path, or no block of a name in `collapse`.
    """
    titles = {scope.title for scope in graph.root.walk() if scope.kind is ScopeKind.BLOCK} if collapse else set()
    for name in sorted(collapse):
        if name not in titles:
            raise ValueError(f"{graph.name} has no block {name!r}{_hint(name, titles)}")
    if focus is None:
        outputs = tuple((output.name, output.node) for output in graph.outputs)
        return View(graph, graph.name, tuple(graph.root.items), tuple(graph.inputs), outputs, collapse)
    items = tuple(_found(graph.root, focus)) or tuple(node.id for node in graph.nodes() if node.path == focus)[:1]
    if not items:
        paths = {scope.path for scope in graph.root.walk()} | {node.path for node in graph.nodes()}
        raise ValueError(f"{graph.name} has no module {focus!r}{_hint(focus, paths)}")
    return part_view(graph, f"{graph.name}: {focus}", items, collapse)


def part_view(
    graph: Graph,
    title: str,
    items: tuple[Scope | int, ...],
    collapse: frozenset[str] = frozenset(),
    section: str | None = None,
) -> View:
    """Some items of a graph, in the order of execution: what they read comes in, what others read goes out."""
    own = {node for item in items for node in (item.nodes() if isinstance(item, Scope) else (item,))}
    reads = dict.fromkeys(o for node in sorted(own) for o in graph.node(node).operands if o not in own)
    named = {output.node: output.name for output in graph.outputs}
    leaving = [n for n in sorted(own) if n in named or any(user.id not in own for user in graph.consumers(n))]
    leaving = leaving or [max(own)]
    outputs = tuple((named.get(node) or graph.node(node).kept if len(leaving) > 1 else None, node) for node in leaving)
    return View(graph, title, items, tuple(reads), outputs, collapse, section)


def _found(scope: Scope, path: str) -> Iterator[Scope]:
    """Outermost scopes of a path, or stages and regions of that title."""
    for item in scope.items:
        if isinstance(item, int):
            continue
        if (item.name and item.path == path) or (item.kind in _TITLED and item.title == path):
            yield item
        else:
            yield from _found(item, path)


def _hint(name: str, names: set[str] | set[str | None]) -> str:
    near = did_you_mean(name, sorted(filter(None, names)))
    return f"; did you mean {near}?" if near else ""
