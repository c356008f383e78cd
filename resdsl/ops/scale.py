"""A constant factor."""

from __future__ import annotations

from resdsl.ops.arguments import Real
from resdsl.ops.base import NOTHING, Arg, Call, Pointwise, Role, Saved, Shapes, Torch


class Scale(Pointwise):
    """x times `factor`."""

    kind = "scale"
    homogeneous = True
    role = Role.SCALE
    summary = "x times a constant"

    factor: Real

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        factor = Arg("factor", self.factor, "real")
        return Torch(call=Call("{0} * {factor}", (factor,), precedence=1, binds=1), inline=True)
