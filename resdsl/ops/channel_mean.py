"""The mean of the channels at each position."""

from __future__ import annotations

from resdsl.ops.base import NOTHING, Call, Pointwise, Role, Saved, Shapes, Torch
from resdsl.shapes import Shape


class ChannelMean(Pointwise):
    """One channel: the mean of all at each position."""

    kind = "channel_mean"
    homogeneous = True
    role = Role.POOL
    summary = "one channel, the mean of all at each position"

    def infer(self, inputs: Shapes) -> Shape:
        return Shape(1, inputs[0].size)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("{0}.mean(1, keepdim=True)", binds=0), inline=True)
