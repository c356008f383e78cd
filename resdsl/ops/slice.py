"""A range of channels."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Count, Width
from resdsl.ops.base import PART, VIEW, Arg, Call, Pointwise, Role, Saved, Shapes, Torch
from resdsl.shapes import Shape


class Slice(Pointwise):
    """Channels from `start` (from 0) up to, not including, `stop`."""

    kind = "slice"
    homogeneous = True
    role = Role.SHAPE
    summary = "channels from `start` up to, not including, `stop`"
    keeps_output_for_backward = True  # a view of its input

    start: Count
    stop: Width

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if self.start >= self.stop:
            message = f"slice from {self.start} to {self.stop} holds no channel"
            raise Fault("E307", message, argument="stop", help="write a stop above the start")
        if self.stop > x.channels:
            message = f"slice up to channel {self.stop} of a value with {x.channels} channels"
            raise Fault("E307", message, argument="stop", help=f"write a stop of at most {x.channels}")
        return Shape(self.stop - self.start, x.size)

    def saved(self, inputs: Shapes) -> Saved:
        return VIEW if self.infer(inputs) == inputs[0] else PART

    def torch(self, inputs: Shapes) -> Torch:
        ends = (Arg("start", self.start, "channels"), Arg("stop", self.stop, "channels"))
        return Torch(call=Call("{0}[:, {start}:{stop}]", ends, binds=0), inline=True)
