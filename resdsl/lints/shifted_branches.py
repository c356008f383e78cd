"""Branches of a merge that look at different places of the input."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Graph, Node
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.ops.base import Role, Window
from resdsl.shapes import per_axis

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
        seen: set[int] = set()
        for node, gap, end in _Map(net.graph).gaps():
            span = place(node)
            if span is None or span.start in seen:
                continue
            seen.add(span.start)
            pixels = f"{gap:.4g} pixel{'s' * (gap != 1)}"
            yield self.warning(
                f"the branches of this `{node.op.kind}` look at places {pixels} apart",
                first_line(span),
                f"at the {'last' if end else 'first'} position, {_positions(node, gap)}",
                secondary=list(_operands(net, node)),
                notes=["equal sizes do not help: even windows, one-sided padding and strides move what is seen"],
                help="use odd windows with equal padding on both sides, and the same strides in all branches",
            )


def _positions(node: Node, gap: float) -> str:
    positions = gap / float(max(node.stride))
    return f"{positions:.3g} position{'s' * (positions != 1)} of {node.shape}"


def _operands(net: Net, node: Node) -> Iterator[Label]:
    for operand in dict.fromkeys(node.operands):
        before = net.graph.node(operand)
        span = place(before)
        if span is not None and span != place(node):
            yield Label(first_line(span), "one of them")


class _Map:
    """Where the values of a graph look."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._places: list[Place] = []
        self._same: dict[Place, Place] = {}
        self._windows: dict[tuple[int, int], tuple[Window, ...]] = {}

    def gaps(self) -> Iterator[tuple[Node, float, bool]]:
        """Merges whose operands are too far apart: by how many pixels, and whether at the last position."""
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
                place, gap, end = self._merged(node)
                places.append(place)
                if gap:
                    yield node, gap, end

    def _kept(self, place: Place) -> Place:
        """One object for equal places, so that most merges need no arithmetic."""
        return self._same.setdefault(place, place)

    def _moved(self, node: Node, place: tuple[Axis, ...]) -> Place:
        op, size = node.op, node.shape.size
        if len(size) != len(place) or set(size) == {1}:
            return None
        key = (id(op), len(size))
        windows = self._windows.get(key)
        if windows is None:
            windows = op.windows(self._graph.shapes(node))
            if getattr(op, "k", None) is not None:
                self._windows[key] = windows
        if all(w.stride == 1 and 2 * w.before == (w.kernel - 1) * w.dilation for w in windows):
            return place
        return self._kept(tuple(_through(op, i, axis, windows[i]) for i, axis in enumerate(place)))

    def _merged(self, node: Node) -> tuple[Place, float, bool]:
        """The place of a merge's result, the distance of its operands if it is too large, and where it is."""
        size = node.shape.size
        found: dict[Place, None] = {}
        for operand in node.operands:
            place = self._places[operand]
            if place is not None and self._graph.node(operand).shape.size == size:
                found[place] = None
        if len(found) < 2:
            return next(iter(found), None), 0.0, False
        merged: list[Axis] = []
        widest, at_end = 0.0, False
        for n, axes in zip(size, zip(*found, strict=True), strict=True):
            coarsest = max(axis[3] for axis in axes)
            for last in (False, True):
                gap = _gap(axes, n - 1 if last else 0)
                if gap > widest + _SLACK and gap >= coarsest / 2 - _SLACK:
                    widest, at_end = gap, last
            merged.append((min(a[0] for a in axes), max(a[1] for a in axes), axes[0][2], coarsest))
        return self._kept(tuple(merged)) if not widest else next(iter(found)), widest, at_end


def _gap(axes: tuple[Axis, ...], position: int) -> float:
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
