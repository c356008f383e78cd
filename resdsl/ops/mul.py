"""Elementwise product of branches."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.base import PASSED, Saved, Shapes, Torch
from resdsl.ops.merging import Merge, joined
from resdsl.shapes import Shape


class Mul(Merge):
    """x1 * x2 * ...: equal shapes, beside which a gate may be Cx1x1 (each channel) or 1xHxW (each position)."""

    kind = "mul"
    commutative = True
    summary = "product of branches; Cx1x1 and 1xHxW are broadcast"

    def infer(self, inputs: Shapes) -> Shape:
        full = max(inputs, key=lambda shape: shape.numel)
        for index, shape in enumerate(inputs):
            if not _fits(shape, full):
                raise Fault(
                    "E301",
                    f"mul of {full} and {shape}, which is not {full}{_gates(full)}",
                    operand=index,
                    help=_remedy(shape, full),
                )
        return full

    def saved(self, inputs: Shapes) -> Saved:
        products = max(0, len(inputs) - 2) * self.infer(inputs).numel
        return Saved(operands=tuple(range(len(inputs))), elements=products) if len(inputs) > 1 else PASSED

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=joined("*", len(inputs), precedence=1))


def _fits(shape: Shape, full: Shape) -> bool:
    ones = (1,) * full.dims
    return shape.channels in (1, full.channels) and shape.size in (ones, full.size)


def _gates(full: Shape) -> str:
    if not full.dims:
        return ""
    return f", {Shape(full.channels, (1,) * full.dims)} or {Shape(1, full.size)}"


def _remedy(shape: Shape, full: Shape) -> str | None:
    if shape.dims == 0 and shape.channels == full.channels:
        return f"keep the gate a map (conv(1, ...) after avgpool), or reshape({Shape(full.channels, (1,) * full.dims)})"
    return None
