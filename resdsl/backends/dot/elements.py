"""What a picture shows, as data: for tooltips, clicks and search, and for tests."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from math import prod
from weakref import WeakKeyDictionary

from resdsl.graph.model import Graph
from resdsl.records import Record
from resdsl.shapes import Shape
from resdsl.source import Span


class Element(Record):
    """One drawn thing: a stage's frame, a box, a circle, what comes in or goes out."""

    id: str
    """Its `id` in the SVG: `n-` and its module path, or the number of its node; unique within the picture."""
    kind: str
    """Its `class` in the SVG: `stage`, `unit` (a residual unit or dense layer), `block`, `operators`, `operator`,
    `shortcut`, `gate`, `merge`, `aux`, `input`, `output`, `link` (to another row), `fault`, `path`."""
    title: str
    path: str
    """Module path of its first instance; `""` for what has no name."""
    places: tuple[str, ...]
    """Module paths of all instances: those of a run that is drawn once, those that a block's picture stands for."""
    nodes: tuple[int, ...]
    """The graph's nodes in it: of the first instance for a block's picture, of all for a folded run."""
    count: int
    span: Span | None
    """Where the text says it."""
    shape: Shape | None
    """Of its result."""
    params: int
    macs: int


class Mark(Record):
    """An element as the drawing notes it; its figures follow from the graph."""

    id: str
    kind: str
    title: str = ""
    path: str = ""
    places: tuple[str, ...] = ()
    nodes: tuple[int, ...] = ()
    count: int = 1
    span: Span | None = None


_KNOWN: WeakKeyDictionary[Graph, dict[int, int]] = WeakKeyDictionary()
"""Parameters of the nodes of graphs: a page has hundreds of pictures of one."""


class Figures:
    """Parameters and multiply-adds of a graph's nodes, each counted once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def _params(self) -> dict[int, int]:
        known = _KNOWN.get(self._graph)
        if known is None:
            known = _KNOWN[self._graph] = self._counted()
        return known

    def _counted(self) -> dict[int, int]:
        found: dict[int, int] = {}
        for _, weight, node in self._graph.weights():
            if not weight.buffer:
                found[node.id] = found.get(node.id, 0) + prod(weight.shape)
        return found

    def params(self, nodes: Iterable[int]) -> int:
        return sum(self._params.get(node, 0) for node in nodes)

    def macs(self, nodes: Iterable[int]) -> int:
        found = (self._graph.node(node) for node in nodes)
        return sum(node.op.macs(self._graph.shapes(node)) for node in found)


def described(graph: Graph, marks: Iterable[Mark]) -> list[Element]:
    """The elements of a drawing, in the order in which they were drawn."""
    figures = Figures(graph)
    return [
        Element(
            id=mark.id,
            kind=mark.kind,
            title=mark.title,
            path=mark.path,
            places=mark.places or ((mark.path,) if mark.path else ()),
            nodes=mark.nodes,
            count=mark.count,
            span=mark.span or (graph.node(mark.nodes[0]).span if mark.nodes else None),
            shape=graph.node(mark.nodes[-1]).shape if mark.nodes else None,
            params=figures.params(mark.nodes),
            macs=figures.macs(mark.nodes),
        )
        for mark in marks
    ]
