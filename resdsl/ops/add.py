"""Elementwise sum of branches."""

from __future__ import annotations

from resdsl.ops.base import PASSED, Saved, Shapes, Torch
from resdsl.ops.merging import Merge, equal_shapes, joined
from resdsl.shapes import Shape


class Add(Merge):
    """x1 + x2 + ...: all shapes equal."""

    kind = "add"
    commutative = True
    homogeneous = True
    summary = "sum of branches of equal shape"

    def infer(self, inputs: Shapes) -> Shape:
        return equal_shapes(self.kind, inputs)

    def saved(self, inputs: Shapes) -> Saved:
        return PASSED

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=joined("+", len(inputs), precedence=2))
