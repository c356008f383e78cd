"""Dense connections drawn out: arcs between a few layers, a bus where there are many.

Every layer of a dense block reads the concatenation of all before it. Drawn one by one that is L (L + 1) / 2 edges;
the bus has a stack of channels that each layer reads as a whole and adds to, and a number of edges that grows with L.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from resdsl.analysis.sections import sections
from resdsl.backends.dot import text
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.folding import Part, Unit
from resdsl.backends.dot.parts import outline, parts
from resdsl.backends.dot.tables import Html, Row
from resdsl.backends.dot.view import View

MOST_ARCS = 4
"""Layers that are connected by arcs."""
_SLICE = 28
"""Points of a slice of channels."""
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
        return 200.0 if self.layers <= MOST_ARCS else 2.0 * _SLICE + 30 + _SLICE * min(self.layers, _MOST_LAYERS)

    def draw(self) -> None:
        """Within a part of the canvas."""
        with self.canvas.cluster(peripheries=0, margin=4, **self._head()):
            (self._arcs if self.layers <= MOST_ARCS else self._bus)()

    def _head(self) -> dict[str, Attribute]:
        title = f"{self.layers} dense layers"
        others = [str(size) for size in dict.fromkeys(self.sizes) if size != self.layers]
        where = self.run.places[0].rpartition(".")[0] if self.run.places else ""
        below = text.clip(where) + (f"; elsewhere {', '.join(others)}" if others else "")
        mark = self.canvas.mark("growth", title, path=where, nodes=self.run.nodes, places=self.run.places)
        return {"label": self.canvas.labels.head(title, below.removeprefix("; ")), "labeljust": "c", **mark}

    def _entry(self) -> str:
        value = self.run.reads[0]
        label = self.canvas.labels.rounded("x", text.shape(self.view.graph.node(value).shape))
        mark = self.canvas.mark("input", "x", nodes=(value,))
        return self.canvas.node("end", label=label, group=self._group, **mark)

    @property
    def _group(self) -> str:
        return f"growth{self.run.nodes[0]}"

    def _exit(self, before: str) -> None:
        label = self.canvas.labels.rounded("y", text.shape(self.view.graph.node(self.run.gives).shape))
        mark = self.canvas.mark("output", "y", nodes=(self.run.gives,))
        self.canvas.edge(before, self.canvas.node("end", label=label, **mark), weight=100)

    def _layer(self, place: int) -> Html:
        """The box of a layer, counted from 0."""
        grown = self._grown
        name = f"layer {place + 1}"
        return self.canvas.labels.box(
            name, [Row(f"{grown[place]} → {grown[place + 1] - grown[place]}", "conv")], "conv_line"
        )

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
                after = self._stack(place)
                self.canvas.edge(f"{stack}:c:s", f"{after}:c:n", "dense", weight=100, penwidth=3, style="dotted")
                stack = after
            layer = self.canvas.box(self._layer(place))
            after = self._stack(place + 1)
            self.canvas.edge(f"{stack}:c:s", f"{after}:c:n", "dense", weight=100, minlen=2, penwidth=3)
            self.canvas.edge(f"{stack}:{'l' if place else 'c'}:s", f"{layer}:n")
            self.canvas.edge(f"{layer}:s", f"{after}:l:n", "dense")
            stack, last = after, place
        self._exit(f"{stack}:c:s")

    def _stack(self, layers: int) -> str:
        """The channels after so many layers: what came in, and a slice for each layer.

        All stacks are equally wide, so that what came in is one straight line.
        """
        grown = self._grown
        theme, words = self.canvas.theme, self.canvas.labels.words
        slices = [f"+{after - before}" for before, after in pairwise(grown[: layers + 1])]
        if len(slices) > _MOST_LAYERS:
            slices = [*slices[:2], "…", slices[-1]]
        most = min(self.layers, _MOST_LAYERS)
        cell = f'<TD FIXEDSIZE="TRUE" HEIGHT="16" WIDTH="{_SLICE}"'
        cells = f'{cell} PORT="c" BGCOLOR="{theme["norm"]}">{words(str(grown[0]), size=8)}</TD>'
        for place, one in enumerate(slices):
            port = ' PORT="l"' if place == len(slices) - 1 else ""
            cells += f'{cell}{port} BGCOLOR="{theme["stacked"]}">{words(one, size=8)}</TD>'
        rest = (most - len(slices) + 1) * _SLICE + 14
        total = words(f" = {grown[layers]}", size=8, color="muted")
        cells += f'<TD FIXEDSIZE="TRUE" HEIGHT="16" WIDTH="{rest}" BORDER="0" ALIGN="LEFT">{total}</TD>'
        look = f'COLOR="{theme["dense"]}" BORDER="0" CELLBORDER="1" CELLSPACING="0" CELLPADDING="0"'
        mark = self.canvas.mark("merge", f"{grown[layers]} channels")
        return self.canvas.box(Html(f"<TABLE {look}><TR>{cells}</TR></TABLE>"), group=self._group, **mark)


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
