"""The input that a window would need: the net so far, tried with larger ones."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from resdsl.diagnostics import Fault, Label
from resdsl.elaborate.state import Applied
from resdsl.graph import Graph, Node
from resdsl.ops.inputs import Input
from resdsl.shapes import Shape
from resdsl.source import Span

_TRIALS = 64
_WORK = 20_000
"""So many shapes are worked out at most, for one message."""


def with_input(graph: Graph, fault: Fault, applied: Applied, operand: Node) -> Fault:
    """A window that does not fit, with an input for which it would."""
    size = larger_input(graph, applied, operand) if fault.code == "E304" else None
    if size is None:
        return fault
    given = graph.node(graph.inputs[0]).shape
    notes = [*fault.notes, f"the input is {given}; it would fit from {size}"]
    return Fault(
        fault.code, fault.message, argument=fault.argument, operand=fault.operand, notes=notes, help=fault.help
    )


def larger_input(graph: Graph, applied: Applied, operand: Node) -> Shape | None:
    """An input with which an operator fits, the least whose size the strides divide; `None` where none is found."""
    if len(graph.inputs) != 1:
        return None
    first = graph.node(graph.inputs[0])
    needed = _ancestors(graph, operand)
    if len(first.shape.size) != len(operand.stride) or not first.shape.dims or len(needed) * _TRIALS > _WORK:
        return None
    strides = [max(1, ceil(stride)) for stride in operand.stride]
    tiles = [n // stride for n, stride in zip(first.shape.size, strides, strict=True)]
    for more in range(1, _TRIALS + 1):
        size = tuple((tile + more) * stride for tile, stride in zip(tiles, strides, strict=True))
        shape = Shape(first.shape.channels, size)
        if _fits(needed, shape, applied, operand):
            return shape
    return None


def _ancestors(graph: Graph, node: Node) -> list[Node]:
    """A node and all that it is computed from, in order of execution."""
    wanted, waiting = {node.id}, [node]
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in wanted:
                wanted.add(operand)
                waiting.append(graph.node(operand))
    return [graph.node(place) for place in sorted(wanted)]


def _fits(needed: list[Node], size: Shape, applied: Applied, operand: Node) -> bool:
    shapes: dict[int, Shape] = {}
    try:
        for node in needed:
            given = tuple([shapes[place] for place in node.operands])
            shapes[node.id] = size if isinstance(node.op, Input) else node.op.infer(given)
        applied.op.infer((shapes[operand.id],))
    except Fault:
        return False
    return True


def given_by(graph: Graph, operand: Node, code: str, where: Span) -> tuple[Label, ...]:
    """The step that gave an operand the channels (E303), the axes (E302) or the size (E304) that do not fit."""
    if code not in _SAID:
        return ()
    part = _SAID[code]
    node = operand
    while node.operands and part(graph.node(node.operands[0]).shape) == part(node.shape):
        node = graph.node(node.operands[0])
    if node.span.source is not where.source or where.start <= node.span.start < where.end:
        return ()
    said = {
        "E302": "a map from here on" if node.shape.dims else "a vector from here on",
        "E303": f"{node.shape.channels} channels from here on",
        "E304": f"size {'x'.join(map(str, node.shape.size))} from here on",
    }[code]
    return (Label(node.span, said),)


_SAID: dict[str, Callable[[Shape], object]] = {
    "E302": lambda shape: shape.dims,
    "E303": lambda shape: shape.channels,
    "E304": lambda shape: shape.size,
}
