"""The layout of activations in memory."""

from __future__ import annotations

from typing import ClassVar

from resdsl.ops.base import NOTHING, Call, Pointwise, Role, Saved, Shapes, Torch


class ChannelsLast(Pointwise):
    """The same value with its channels innermost in memory."""

    kind: ClassVar[str] = "to_channels_last"
    role = Role.SHAPE
    summary = "channels innermost in memory"

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("{0}.contiguous(memory_format=torch.channels_last)", binds=0))
