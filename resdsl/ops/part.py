"""One of several equal parts of the channels."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Count, Width
from resdsl.ops.base import PART, VIEW, Arg, Call, Pointwise, Role, Saved, Shapes, Torch
from resdsl.ops.dividing import groups_fault
from resdsl.shapes import Shape


class Part(Pointwise):
    """Part `i`, from 0, of the channels in `of` equal parts; `of` divides the channels."""

    kind = "part"
    homogeneous = True
    role = Role.SHAPE
    summary = "part `i` (from 0) of the channels in `of` equal parts"
    keeps_output_for_backward = True  # a view of its input

    i: Count
    of: Width

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if self.i >= self.of:
            message = f"part {self.i} of {self.of}: parts are counted from 0 to {self.of - 1}"
            raise Fault("E307", message, argument="i", help=f"write a part below {self.of}")
        if x.channels % self.of:
            raise groups_fault(x.channels, self.of, argument="of", parts="parts")
        return Shape(x.channels // self.of, x.size)

    def saved(self, inputs: Shapes) -> Saved:
        return VIEW if self.infer(inputs) == inputs[0] else PART

    def torch(self, inputs: Shapes) -> Torch:
        width = inputs[0].channels // self.of
        ends = (Arg("start", self.i * width, "channels"), Arg("stop", (self.i + 1) * width, "channels"))
        return Torch(call=Call("{0}[:, {start}:{stop}]", ends, binds=0), inline=True)
