"""What a page knows of a net: of each step its lines and figures, of each drawn element what its tooltip says."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any

from resdsl.analysis.memory import Kept, activations
from resdsl.analysis.receptive import Field, receptive_fields
from resdsl.backends.dot import text
from resdsl.backends.dot.elements import Element
from resdsl.diagnostics.columns import visible
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.graph.text import value_text
from resdsl.source import Source, Span

Ranges = list[list[int]]
"""Whole numbers as first and last of each run."""

_TALL = 60
"""Lines that are marked of a construct; of a longer one, its first."""
_SINGLE = {"operator", "merge", "fault"}
"""Kinds that are an operator and what stands on it."""
_MUCH = 2
"""Times the steps of an element: a construct with more is not where the text says it."""
_STEPS = 6
"""Steps that a tooltip lists."""
_POINTS = {"merge", "input", "output", "link", "shortcut"}
"""Kinds whose operators' arguments say nothing that the picture does not."""


class Facts:
    """Facts of one graph, in the form in which the page's script reads them."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.sources: list[Source] = []
        """The texts that the net is made of, the model's first."""
        self._numbers: dict[Source, int] = {}
        self._lines: dict[tuple[Any, ...], int] = {}
        self._sizes: dict[int, int] = {}
        home = graph.root.site or graph.root.span
        self.home = [self._file(home.source), home.line]
        self.nodes = [self._of_node(node) for node in graph.nodes()]
        """For each step, the number of its lines in `lines`."""

    @property
    def lines(self) -> list[list[Any]]:
        """File, first and last line of a step, and of each call that led to it."""
        return [list(map(list, found)) for found in self._lines]

    def element(self, element: Element) -> dict[str, Any]:
        """One drawn element: kind, title, path, nodes, lines, and rows for its tooltip."""
        span = self._span(element)
        found: dict[str, Any] = {
            "k": element.kind,
            "t": visible(element.title),
            "p": visible(element.path),
            "n": ranges(element.nodes),
            "f": list(self._rows(element)),
        }
        if element.count > 1:
            found["c"] = element.count
            found["q"] = [visible(place) for place in element.places]
        if span is not None:
            found["s"] = self._place(span)
        said = span or element.span
        if said is not None:
            found["w"] = visible(f"{said.source.name}:{said.line}")
        return found

    # --- lines ---

    def _file(self, source: Source) -> int:
        if source not in self._numbers:
            self._numbers[source] = len(self.sources)
            self.sources.append(source)
        return self._numbers[source]

    def _place(self, span: Span) -> list[int]:
        last = span.source.position(max(span.start, span.end - 1))[0]
        return [self._file(span.source), span.line, last if last - span.line < _TALL else span.line]

    def _of_node(self, node: Node) -> int:
        above = [scope.span for scope in node.scope.ancestors() if scope.kind is not ScopeKind.MODEL]
        calls = dict.fromkeys((self._file(span.source), span.line, span.line) for span in above)
        own = tuple(self._place(node.span))
        found = (own, *(call for call in calls if call[:2] != own[:2]))
        return self._lines.setdefault(found, len(self._lines))

    def _span(self, element: Element) -> Span | None:
        """The construct that all its steps stand in, or the text of its only one; `None` where that has much else."""
        if len(element.nodes) < 2 or element.kind in _SINGLE:
            return element.span
        first, *others = (self.graph.node(node).scope for node in element.nodes)
        shared = first
        for other in dict.fromkeys(others):
            above = set(map(id, other.ancestors()))
            shared = next(scope for scope in shared.ancestors() if id(scope) in above)
        said = self._said(shared)
        size = self._sizes.setdefault(id(said), sum(1 for _ in said.nodes()))
        return said.span if size <= _MUCH * len(element.nodes) else None

    def _said(self, scope: Scope) -> Scope:
        """Of the braces and branches of a construct, the construct itself."""
        inner = {ScopeKind.MAIN, ScopeKind.BRANCH, ScopeKind.ITERATION, ScopeKind.SHORTCUT}
        return next(above for above in scope.ancestors() if above.kind not in inner)

    # --- figures ---

    @cached_property
    def _fields(self) -> list[tuple[Field, ...]]:
        return receptive_fields(self.graph)

    @cached_property
    def _kept(self) -> list[Kept]:
        return activations(self.graph)

    def _rows(self, element: Element) -> Iterable[tuple[str, str]]:
        """What a tooltip says, in words and numbers."""
        nodes = [self.graph.node(node) for node in element.nodes]
        if nodes and element.kind not in _POINTS and element.count == 1 and len(nodes) <= _STEPS:
            yield "does", visible(", ".join(map(_step, nodes)))
        if element.shape is not None:
            yield "shape", text.shape(element.shape)
        if element.params:
            yield "params", f"{element.params:,}"
        if element.macs:
            yield "MACs", f"{element.macs:,}"
        if not nodes:
            return
        kept = Kept.total(self._kept[node] for node in element.nodes).bytes()
        if kept:
            yield "kept for training", _bytes(kept)
        yield from self._field(nodes[-1])

    def _field(self, node: Node) -> Iterable[tuple[str, str]]:
        fields = self._fields[node.id]
        if not node.shape.size or max(node.shape.size) == 1 or not fields:
            return
        smallest = text.size(tuple(str(field.smallest) for field in fields)) if _vary(fields, "smallest") else None
        low = smallest or str(fields[0].smallest)
        high = text.size(tuple(str(f.largest) for f in fields)) if _vary(fields, "largest") else str(fields[0].largest)
        yield "receptive field", f"{low} px" if low == high else f"{low} … {high} px"
        strides = [str(field.stride) for field in fields]
        yield "stride", strides[0] if len(set(strides)) == 1 else text.size(tuple(strides))


def _step(node: Node) -> str:
    """An operator and its arguments, the initialisation aside."""
    arguments = ((name, value) for name, value in node.op.arguments().items() if name != "init")
    return f"{node.op.kind}({', '.join(f'{name}={value_text(value)}' for name, value in arguments)})"


def _vary(fields: Sequence[Field], name: str) -> bool:
    return len({getattr(field, name) for field in fields}) > 1


def _bytes(count: int) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} B"


def ranges(numbers: Iterable[int]) -> Ranges:
    """The runs of numbers in ascending order."""
    found: Ranges = []
    for _, group in groupby(enumerate(sorted(set(numbers))), key=lambda pair: pair[1] - pair[0]):
        run = [number for _, number in group]
        found.append([run[0], run[-1]])
    return found
