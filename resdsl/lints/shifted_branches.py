"""Branches of a merge that look at different places of the input."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Graph, Node
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.ops.base import Role, Window
from resdsl.records import Record
from resdsl.shapes import per_axis
from resdsl.source import Span

Axis = tuple[float, float, float, float]
"""Along one axis of the input, in pixels: the centre of what the first position sees, the smallest and the largest
over all paths; the stride; and the largest stride on the way here.
"""

Place = tuple[Axis, ...] | None
"""One for each axis; `None` for a value without places (a vector, a pooled map)."""

_STILL = frozenset({Role.NORM, Role.ACTIVATION, Role.DROPOUT, Role.SCALE, Role.LINEAR, Role.INPUT})
_SLACK = 1e-6


class ShiftedBranches(GraphRule):
    """Two branches have equal sizes, so they can be merged, yet position i of one looks at another place of the input
    than position i of the other: an even window or one-sided padding in one of them, or a stride that only happens to
    give the same size. Half a position (of the coarsest map on the way) is reported. Less is not: an average over 2x2
    beside a strided 3x3 is a quarter of a position off, and so are many published nets.
    """

    code = "W514"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        seen: set[Span] = set()
        places = _Map(net.graph)
        for node, gap in places.gaps():
            span = place(node)
            if span is None or span in seen:
                continue
            seen.add(span)
            pixels = f"{gap.pixels:.4g} pixel{'s' * (gap.pixels != 1)}"
            yield self.warning(
                f"the branches of this `{node.op.kind}` look at places {pixels} apart",
                first_line(span),
                secondary=list(_operands(net, node, places, gap)),
                notes=["equal sizes do not help: even windows, one-sided padding and strides move what is seen"],
                help="use odd windows with equal padding on both sides, and the same strides in all branches",
            )


def _operands(net: Net, node: Node, places: _Map, gap: Gap) -> Iterator[Label]:
    """Where each branch looks, at the step that it ends on; those that look at one place are shown once."""
    seen: set[str] = set()
    for operand in node.operands:
        span, looks = place(net.graph.node(operand)), places.describe(operand, gap)
        if span is not None and span != place(node) and looks not in seen:
            seen.add(looks)
            yield Label(first_line(span), looks)


class Gap(Record):
    """How far apart the operands of a merge are."""

    pixels: float
    axis: int
    position: int
    """The position at which they are so far apart: the first or the last."""


class _Map:
    """Where the values of a graph look."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._places: list[Place] = []
        self._same: dict[Place, Place] = {}
        self._windows: dict[tuple[int, int], tuple[Window, ...] | None] = {}
        """Of operators that have them whatever the size; `None` for those that leave everything where it is."""

    def describe(self, node: int, gap: Gap) -> str:
        """Where a value looks, at the place of a gap."""
        found = self._places[node]
        if found is None:
            return "this has no places"
        low, high, stride, _ = found[gap.axis]
        first, last = (end + stride * gap.position for end in (low, high))
        pixels = f"pixel {first:.4g}" if last - first < _SLACK else f"pixels {first:.4g} to {last:.4g}"
        return f"position {gap.position} looks at {pixels}"

    def gaps(self) -> Iterator[tuple[Node, Gap]]:
        """Merges whose operands are too far apart, while the rest of the graph is being looked at."""
        places = self._places
        still = _STILL
        for node in self._graph.nodes():
            operands = node.operands
            if len(operands) == 1:
                place = places[operands[0]]
                places.append(place if place is None or node.op.role in still else self._moved(node, place))
            elif not operands:
                places.append(self._kept(((0.0, 0.0, 1.0, 1.0),) * node.shape.dims or None))
            else:
                place, gap = self._merged(node)
                places.append(place)
                if gap is not None:
                    yield node, gap

    def _kept(self, place: Place) -> Place:
        """One object for equal places, so that most merges need no arithmetic."""
        return self._same.setdefault(place, place)

    def _moved(self, node: Node, place: tuple[Axis, ...]) -> Place:
        op, size = node.op, node.shape.size
        if len(size) != len(place) or max(size) == 1:
            return None
        key = (id(op), len(size))
        windows = self._windows[key] if key in self._windows else self._read(node, key)
        if windows is None:
            return place
        return self._kept(tuple(_through(op, i, axis, windows[i]) for i, axis in enumerate(place)))

    def _read(self, node: Node, key: tuple[int, int]) -> tuple[Window, ...] | None:
        found = node.op.windows(self._graph.shapes(node))
        centred = all(w.stride == 1 and 2 * w.before == (w.kernel - 1) * w.dilation for w in found)
        windows = None if centred else found
        if getattr(node.op, "k", None) is not None:
            self._windows[key] = windows
        return windows

    def _merged(self, node: Node) -> tuple[Place, Gap | None]:
        """The place of a merge's result, and the gap between its operands if it is too large."""
        size = node.shape.size
        found: dict[Place, None] = {}
        for operand in node.operands:
            place = self._places[operand]
            if place is not None and self._graph.node(operand).shape.size == size:
                found[place] = None
        if len(found) < 2:
            return next(iter(found), None), None
        merged: list[Axis] = []
        widest: Gap | None = None
        for index, (n, axes) in enumerate(zip(size, zip(*found, strict=True), strict=True)):
            coarsest = max(axis[3] for axis in axes)
            for position in (0, n - 1):
                pixels = _apart(axes, position)
                if pixels >= coarsest / 2 - _SLACK and pixels > (widest.pixels if widest else 0) + _SLACK:
                    widest = Gap(pixels, index, position)
            merged.append((min(a[0] for a in axes), max(a[1] for a in axes), axes[0][2], coarsest))
        return self._kept(tuple(merged)) if widest is None else next(iter(found)), widest


def _apart(axes: tuple[Axis, ...], position: int) -> float:
    """How far apart the ranges of centres are at a position; 0 where they overlap."""
    return max(0.0, max(a[0] + a[2] * position for a in axes) - min(a[1] + a[2] * position for a in axes))


def _through(op: object, index: int, axis: Axis, window: Window) -> Axis:
    """The place along one axis after an operator. A resized map, and one of regions, keeps its edges: the centre of the
    first position moves by half of what the stride changes by."""
    low, high, stride, coarsest = axis
    factor = float(window.stride)
    if getattr(op, "k", None) is None:
        shift = (factor - 1) / 2
    elif factor < 1:
        dims = index + 1
        k, pad = (per_axis(getattr(op, name), dims)[index] for name in ("k", "pad"))
        shift = (pad - (k - 1) / 2) * factor
    else:
        shift = (window.kernel - 1) * window.dilation / 2 - window.before
    return low + shift * stride, high + shift * stride, stride * factor, max(coarsest, stride * factor)
