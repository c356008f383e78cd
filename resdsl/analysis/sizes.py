"""Sizes of the input that a net takes: found from its graph, by trying one size of each remainder.

What a window makes of an axis is affine in its length up to rounding, and the rounding repeats with the total stride.
So whether a net takes a size depends, beyond the smallest ones, on the remainder of the size by the largest total
stride.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import lcm

from resdsl.diagnostics import Fault
from resdsl.graph.model import Graph, Node
from resdsl.ops.base import Operator, Role
from resdsl.records import Record
from resdsl.shapes import Axes, Shape

MOST_STEPS = 100_000
"""Sizes tried times steps of the net: what would need more is not looked at."""


_MOVING = frozenset({Role.CONV, Role.POOL, Role.RESIZE, Role.SHAPE})


class Sizes(Record):
    """Of which remainder by `period` the sides of an input may be, if they are not too small."""

    period: int
    """As small as it can be: 1 if all sizes are alike."""
    valid: tuple[int, ...]
    """The net takes these."""
    whole: tuple[int, ...]
    """Of these, no step leaves the last positions of its input unread."""

    def describe(self) -> str:
        """What the sides must be, in words; empty where any will do."""
        period, valid = self.period, self.valid
        if len(valid) == period:
            return ""
        step = period // len(valid) if valid else 0
        if valid and valid == tuple(range(0, period, step)):
            return f"multiples of {step}"
        return f"{_listed(valid)} more than a multiple of {period}"


def _listed(numbers: Sequence[int]) -> str:
    """`0 or 29 to 31`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " or ".join(str(first) if first == last else f"{first} to {last}" for first, last in runs)


def input_sizes(graph: Graph) -> Sizes | None:
    """The sizes that a graph takes, or `None` for one that has no single map as input, or very large strides.

    The graph stands for the text at the size it was made for. A text that decides by `size`, or computes with it, is
    another net at another size: what is said here of it has to be tried.
    """
    if len(graph.inputs) != 1:
        return None
    given = graph.node(graph.inputs[0]).shape
    period = _period(graph)
    if not given.dims or period * len(graph) > MOST_STEPS:
        return None
    start = [-(-n // period) * period for n in given.size]
    valid: list[int] = []
    whole: list[int] = []
    for rest in range(period):
        shapes = shapes_at(graph, tuple(n + rest for n in start))
        if shapes is not None:
            valid.append(rest)
            if next(cropping(graph, shapes), None) is None:
                whole.append(rest)
    return _reduced(period, valid, whole)


def _period(graph: Graph) -> int:
    """The least common multiple of the total strides at which something is rounded.

    After a step whose size is fixed (a global or adaptive pool, a resize) nothing depends on the input's size any more.
    """
    strides: list[tuple[Fraction, ...] | None] = []
    found = {1}
    for node in graph.nodes():
        before = next((strides[operand] for operand in node.operands if strides[operand] is not None), None)
        if not node.operands:
            before = (Fraction(1),) * node.shape.dims
        after = before if before is not None and len(before) == node.shape.dims else None
        if after and node.operands and node.op.role in _MOVING:
            windows = node.op.windows(graph.shapes(node))
            fixed = getattr(node.op, "to", None) is not None
            if fixed or (node.op.role is Role.POOL and getattr(node.op, "k", None) is None):
                after = None
            else:
                after = tuple(stride * window.stride for stride, window in zip(after, windows, strict=True))
                found |= {stride.numerator for stride in after}
        strides.append(after)
    return lcm(*found)


def _reduced(period: int, valid: list[int], whole: list[int]) -> Sizes:
    """With the smallest period that says the same."""
    for shorter in range(1, period + 1):
        if period % shorter:
            continue
        kept = [tuple(rest for rest in rests if rest < shorter) for rests in (valid, whole)]
        if all(
            len(few) * (period // shorter) == len(rests) and {rest % shorter for rest in rests} == set(few)
            for few, rests in zip(kept, (valid, whole), strict=True)
        ):
            return Sizes(shorter, *kept)
    return Sizes(period, tuple(valid), tuple(whole))


def shapes_at(graph: Graph, size: Axes) -> list[Shape] | None:
    """The shapes of all values for another size of the only input; `None` where some step does not take it."""
    found: list[Shape] = []
    known: dict[tuple[int, tuple[Shape, ...]], Shape] = {}
    for node in graph.nodes():
        if not node.operands:
            found.append(Shape(node.shape.channels, size))
            continue
        shapes = tuple(found[operand] for operand in node.operands)
        key = (id(node.op), shapes)
        if key not in known:
            try:
                known[key] = node.op.infer(shapes)
            except Fault:
                return None
        found.append(known[key])
    return found


def cropping(graph: Graph, shapes: Sequence[Shape] | None = None) -> Iterator[tuple[Node, Axes]]:
    """The steps that leave the last positions of their input unread, and how many on each axis.

    A window smaller than its stride leaves some unread between any two places; those at the end count only as far as
    there are more of them. `shapes` are those of another size of the input.
    """
    known: dict[tuple[int, Shape], Axes] = {}
    for node in graph.nodes():
        if node.op.role not in (Role.CONV, Role.POOL) or len(node.operands) != 1:
            continue
        source = graph.node(node.operands[0])
        if node.stride is source.stride:
            continue  # nothing moves, so that nothing is rounded
        before, after = (source.shape, node.shape) if shapes is None else (shapes[source.id], shapes[node.id])
        key = (id(node.op), before)
        if key not in known:
            known[key] = unread(node.op, before, after)
        if any(known[key]):
            yield node, known[key]


def unread(op: Operator, before: Shape, after: Shape) -> Axes:
    """Positions at the end of each axis that an operator with windows rounds away."""
    if getattr(op, "k", None) is None or before.dims != after.dims:
        return ()
    lost: list[int] = []
    for n, positions, window in zip(before.size, after.size, op.windows((before,)), strict=True):
        width = (window.kernel - 1) * window.dilation + 1
        end = (positions - 1) * window.stride - window.before + width
        between = max(Fraction(0), window.stride - width)
        lost.append(max(0, int(n - end - between)) if window.stride >= 1 else 0)
    return tuple(lost)
