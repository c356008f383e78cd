"""The maximum of the channels at each position."""

from __future__ import annotations

from resdsl.ops.base import Call, Pointwise, Role, Saved, Shapes, Torch
from resdsl.shapes import Shape


class ChannelMax(Pointwise):
    """One channel: the maximum of all at each position."""

    kind = "channel_max"
    homogeneous = True
    role = Role.POOL
    summary = "one channel, the maximum of all at each position"
    keeps_output_for_backward = True

    def infer(self, inputs: Shapes) -> Shape:
        return Shape(1, inputs[0].size)

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), output=True)

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("{0}.amax(1, keepdim=True)", binds=0), inline=True)
