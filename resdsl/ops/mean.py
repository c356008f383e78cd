"""Elementwise mean of branches."""

from __future__ import annotations

from resdsl.ops.base import NOTHING, Call, Saved, Shapes, Torch
from resdsl.ops.merging import Merge, equal_shapes
from resdsl.shapes import Shape


class Mean(Merge):
    """(x1 + x2 + ...) / n: all shapes equal."""

    kind = "mean"
    commutative = True
    homogeneous = True
    summary = "mean of branches of equal shape"

    def infer(self, inputs: Shapes) -> Shape:
        return equal_shapes(self.kind, inputs)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        total = " + ".join(f"{{{i}}}" for i in range(len(inputs)))
        return Torch(call=Call(f"({total}) / {len(inputs)}", precedence=1, binds=2))
