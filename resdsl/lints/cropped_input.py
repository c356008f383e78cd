"""An input of a size of which the net does not see the edge."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from resdsl.analysis.sizes import MOST_STEPS, cropping, input_sizes, shapes_at
from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Node
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.shapes import Axes

FARTHEST = 64
"""How far from the given size better ones are looked for."""
MOST_TRIES = 3
"""Sizes that seem right and are tried with the text, in either direction."""


class CroppedInput(GraphRule):
    """Where a stride does not divide a size, the size is rounded down, and the last rows and columns are read by no
    window: that part of every image is thrown away. Padding that is cut off is no loss. The sizes of which nothing is
    lost are found from the graph and tried before they are named.
    """

    code = "W515"

    def check(self, net: Net) -> Iterator[Diagnostic]:
        found = next(cropping(net.graph), None)
        if found is None or len(net.graph.inputs) != 1:
            return
        node, lost = found
        given = net.graph.node(net.graph.inputs[0])
        span, at = place(given), place(node)
        if span is None or not given.shape.dims:
            return
        source = net.graph.node(node.operands[0])
        sizes = input_sizes(net.graph)
        period = sizes.period if sizes and 0 in sizes.whole else 1
        better = _better(net, given.shape.size, period)
        yield self.warning(
            f"of an input of {given.shape}, `{node.op.kind}` does not read {_described(lost)}",
            first_line(span),
            secondary=[Label(first_line(at), f"{source.shape} becomes {node.shape}")] if at else (),
            notes=[f"nothing is lost where every side is a multiple of {period}"] if period > 1 and better else (),
            help=f"sides of {' or '.join(better)} lose nothing" if better else _elsewhere(node),
        )


def _described(lost: Axes) -> str:
    most = max(lost)
    return f"the last {most} positions of its input" if most > 1 else "the last position of its input"


def _elsewhere(node: Node) -> str:
    more = ", or ceil=true" if node.op.kind.endswith("pool") else ""
    return f"give `{node.op.kind}` more padding{more}"


def _better(net: Net, size: Axes, period: int) -> list[str]:
    """The nearest smaller and larger size of which nothing is lost: multiples of the period if they are not far."""
    steps = range(1, min(FARTHEST, MOST_STEPS // len(net.graph) // 2) + 1)
    down = [tuple(n - step for n in size) for step in steps if step < min(size)]
    up = [tuple(n + step for n in size) for step in steps]
    found: list[str] = []
    for sizes in (down, up):
        round_first = sorted(sizes, key=lambda tried: any(n % period for n in tried))
        by_graph = islice((tried for tried in round_first if _seems_whole(net, tried)), MOST_TRIES)
        tried = next((tried for tried in by_graph if _is_whole(net, tried)), None)
        if tried is not None:
            found.append("x".join(map(str, tried)))
    return found


def _seems_whole(net: Net, size: Axes) -> bool:
    """Whether the graph, as it is for the given size, loses nothing of another."""
    shapes = shapes_at(net.graph, size)
    return shapes is not None and next(cropping(net.graph, shapes), None) is None


def _is_whole(net: Net, size: Axes) -> bool:
    """Whether the text, elaborated for a size, loses nothing of it."""
    graph = net.rebuild(size)
    return graph is not None and next(cropping(graph), None) is None
