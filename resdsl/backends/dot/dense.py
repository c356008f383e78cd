"""Dense connections drawn out: arcs between a few layers, a bus where there are many.

Every layer of a dense block reads the concatenation of all before it. Drawn one by one that is L (L + 1) / 2 edges;
the bus has a stack of channels that each layer reads as a whole and adds to, and a number of edges that grows with L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from resdsl.analysis.sections import sections
from resdsl.backends.dot import text
from resdsl.backends.dot.canvas import Canvas
from resdsl.backends.dot.parts import Part, Unit, outline, parts
from resdsl.backends.dot.tables import Html, Row
from resdsl.backends.dot.view import View

MOST_ARCS = 4
"""Layers that are connected by arcs."""
_MOST_LAYERS = 6
"""Layers of a bus that are drawn: of more, the first and the last."""


@dataclass(slots=True)
class Growth:
    """A run of dense layers."""

    view: View
    canvas: Canvas
    run: Unit
    sizes: tuple[int, ...]
    """Layers of all runs of such layers in the net."""

    @property
    def layers(self) -> int:
        return self.run.count

    @property
    def width(self) -> float:
        """An estimate in points."""
        return 200.0 if self.layers <= MOST_ARCS else 170.0 + 34.0 * min(self.layers, _MOST_LAYERS)

    def draw(self) -> None:
        """Within a part of the canvas."""
        with self.canvas.cluster(label="", peripheries=0, margin=4):
            (self._arcs if self.layers <= MOST_ARCS else self._bus)()

    def _entry(self) -> str:
        """What it is, over the value that comes in."""
        title = f"{self.layers} dense layers"
        others = [str(size) for size in dict.fromkeys(self.sizes) if size != self.layers]
        where = self.run.places[0].rpartition(".")[0] if self.run.places else ""
        below = f"{where}; elsewhere {', '.join(others)}" if others else where
        mark = self.canvas.mark("growth", title, path=where, nodes=self.run.nodes, places=self.run.places)
        value = self.run.reads[0]
        shape = text.shape(self.view.graph.node(value).shape)
        label = self.canvas.labels.entry(title, text.clip(below), "x", shape)
        return self.canvas.box(label, group=self._group, **mark)

    @property
    def _group(self) -> str:
        return f"growth{self.run.nodes[0]}"

    def _exit(self, before: str) -> None:
        label = self.canvas.labels.rounded("y", text.shape(self.view.graph.node(self.run.gives).shape))
        mark = self.canvas.mark("output", "y", nodes=(self.run.gives,))
        self.canvas.edge(before, self.canvas.node("end", label=label, group=self._group, **mark), weight=100)

    def _layer(self, place: int) -> Html:
        """The box of a layer, counted from 0."""
        grown = self._grown
        name = f"layer {place + 1}"
        return self.canvas.labels.box(name, [Row(f"{grown[place]} → {grown[place + 1] - grown[place]}", "conv")], "conv_line")

    @property
    def _grown(self) -> tuple[int, ...]:
        assert self.run.grown is not None
        return self.run.grown

    def _arcs(self) -> None:
        """Layers on the trunk; every value arcs to each concatenation after the next layer."""
        before = self._entry()
        sources = [before]
        for place in range(self.layers):
            box = self.canvas.box(self._layer(place), group=self._group)
            self.canvas.edge(before, box, weight=100)
            before = self.canvas.circle("C", "merge", "merged", group=self._group)
            self.canvas.edge(box, before, weight=100)
            for source in sources:
                self.canvas.edge(f"{source}:e", f"{before}:e", "dense", constraint=False, penwidth=1.3)
            sources.append(box)
        self._exit(before)

    def _bus(self) -> None:
        """The stack of channels on the trunk, a layer beside it that reads it all and adds to it."""
        drawn = list(range(self.layers))
        if self.layers > _MOST_LAYERS:
            drawn = [*range(_MOST_LAYERS - 2), self.layers - 1]
        before = self._entry()
        stack = self._stack(0)
        self.canvas.edge(before, f"{stack}:c:n", weight=100)
        last = -1
        for place in drawn:
            if place != last + 1:
                gap = self.canvas.node("gap", label="⋮", fontsize=14, group=self._group)
                after = self._stack(place)
                self.canvas.edge(f"{stack}:c:s", gap, "dense", weight=100, arrowhead="none", penwidth=3)
                self.canvas.edge(gap, f"{after}:c:n", "dense", weight=100, penwidth=3)
                stack = after
            layer = self.canvas.box(self._layer(place))
            after = self._stack(place + 1)
            self.canvas.edge(f"{stack}:c:s", f"{after}:c:n", "dense", weight=100, minlen=2, penwidth=3)
            self.canvas.edge(f"{stack}:l:s", f"{layer}:n")
            self.canvas.edge(f"{layer}:s", f"{after}:l:n", "dense")
            stack, last = after, place
        self._exit(f"{stack}:c:s")

    def _stack(self, layers: int) -> str:
        """The channels after so many layers: what came in, and a slice for each layer."""
        grown = self._grown
        theme, labels = self.canvas.theme, self.canvas.labels
        slices = [f"+{after - before}" for before, after in zip(grown, grown[1 : layers + 1], strict=False)]
        if len(slices) > _MOST_LAYERS:
            slices = [*slices[:2], "…", slices[-1]]
        cells = f'<TD PORT="c" BGCOLOR="{theme["norm"]}" WIDTH="34">{labels.words(str(grown[0]), size=8)}</TD>'
        for place, one in enumerate(slices):
            port = ' PORT="l"' if place == len(slices) - 1 else ""
            cells += f'<TD{port} BGCOLOR="{theme["stacked"]}">{labels.words(one, size=8)}</TD>'
        if not slices:
            cells += f'<TD PORT="l" BORDER="0">{labels.words(f"= {grown[0]}", size=8, color="muted")}</TD>'
        else:
            cells += f'<TD BORDER="0">{labels.words(f"= {grown[layers]}", size=8, color="muted")}</TD>'
        look = f'COLOR="{theme["dense"]}" BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="3"'
        mark = self.canvas.mark("merge", f"{grown[layers]} channels")
        return self.canvas.box(Html(f"<TABLE {look}><TR>{cells}</TR></TABLE>"), **mark)


def growths(view: View, canvas: Canvas) -> list[Growth]:
    """One for each kind of dense layer of which two or more follow each other: the shortest run of such."""
    found: dict[object, list[Unit]] = {}
    for unit in _units(view):
        if unit.kind == "dense" and unit.count > 1:
            layer = unit.main[0]
            found.setdefault(getattr(layer, "title", None), []).append(unit)
    return [
        Growth(view, canvas, min(runs, key=lambda run: run.count), tuple(run.count for run in runs))
        for runs in found.values()
    ]


def _units(view: View) -> Iterator[Unit]:
    for cut in sections(view.graph, view.items):
        yield from _inside(parts(view, outline(view, cut)))


def _inside(found: list[Part]) -> Iterator[Unit]:
    for part in found:
        if isinstance(part, Unit):
            yield part
            yield from _inside(list(part.main))
