"""Strides from the model's input, accumulated along a graph."""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph.model import Node
from resdsl.shapes import Shape

Strides = tuple[Fraction, ...]


def total_stride(operands: tuple[Node, ...], shape: Shape, strides: Strides, *, moves: bool = True) -> Strides:
    """Stride of a result from the model's input. Of several operands that one counts whose size is the result's.

    `strides` are those of the operator itself; `moves` says whether any of them is not 1.
    """
    if not operands:
        return strides
    source = operands[0]
    if len(operands) > 1 and source.shape.size != shape.size:
        source = next((node for node in operands if node.shape.size == shape.size), source)
    if len(source.stride) != len(strides):
        return strides
    if not moves:
        return source.stride
    return tuple([a * b for a, b in zip(source.stride, strides, strict=True)])
