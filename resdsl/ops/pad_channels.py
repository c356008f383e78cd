"""Zero channels beside those of a value."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Count, Width
from resdsl.ops.base import NOTHING, Arg, Call, Pointwise, Role, Saved, Shapes, Torch
from resdsl.shapes import Shape


class PadChannels(Pointwise):
    """Zero channels up to `width` in all, `before` of them in front, the others behind."""

    kind = "pad_channels"
    homogeneous = True
    role = Role.SHAPE
    summary = "zero channels up to `width`, `before` of them in front"

    width: Width
    before: Count = 0

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if x.channels + self.before > self.width:
            front = f" and {self.before} in front" if self.before else ""
            message = f"{x.channels} channels{front} are more than the width of {self.width}"
            raise Fault("E307", message, argument="width", help=f"write a width of at least {x.channels + self.before}")
        return Shape(self.width, x.size)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        spatial = "0, 0, " * x.dims
        behind = self.width - x.channels - self.before
        ends = (Arg("before", self.before, "count"), Arg("new_channels", behind, "count"))
        return Torch(call=Call(f"F.pad({{0}}, ({spatial}{{before}}, {{new_channels}}))", ends), inline=True)
