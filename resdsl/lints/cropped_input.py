"""An input of a size of which the net does not see the edge."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from resdsl.analysis.sizes import cropping, input_sizes
from resdsl.diagnostics import Diagnostic, Label
from resdsl.graph import Graph, Node
from resdsl.lints.base import GraphRule, Net, first_line, place
from resdsl.shapes import Axes

FARTHEST = 64
"""How far from the given size better ones are looked for."""


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
        multiple = sizes.multiple(sizes.whole) if sizes else None
        better = _better(given.shape.size, net.rebuild)
        yield self.warning(
            f"of an input of {given.shape}, `{node.op.kind}` does not read {_described(lost)}",
            first_line(span),
            secondary=[Label(first_line(at), f"{source.shape} becomes {node.shape}")] if at else (),
            notes=[f"nothing is lost where every side is a multiple of {multiple}"] if multiple and better else (),
            help=f"sides of {' or '.join(better)} lose nothing" if better else _elsewhere(node),
        )


def _described(lost: Axes) -> str:
    most = max(lost)
    return f"the last {most} positions of its input" if most > 1 else "the last position of its input"


def _elsewhere(node: Node) -> str:
    more = ", or ceil=true" if node.op.kind.endswith("pool") else ""
    return f"give `{node.op.kind}` more padding{more}"


def _better(size: Axes, rebuild: Callable[[Axes], Graph | None]) -> list[str]:
    """The nearest smaller and larger size of which nothing is lost, tried out."""
    found: list[str] = []
    for sign in (-1, 1):
        for step in range(1, FARTHEST + 1):
            tried = tuple(n + sign * step for n in size)
            graph = rebuild(tried) if min(tried) > 0 else None
            if graph is not None and next(cropping(graph), None) is None:
                found.append("x".join(map(str, tried)))
                break
    return found
