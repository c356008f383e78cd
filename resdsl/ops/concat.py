"""Channels of branches, one after the other."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.base import PASSED, Call, Saved, Shapes, Torch
from resdsl.ops.merging import Merge
from resdsl.shapes import Shape


class Concat(Merge):
    """All channels in the order of the branches: sizes equal, channels add up."""

    kind = "concat"
    homogeneous = True
    summary = "channels of branches of equal size, one after the other"

    def infer(self, inputs: Shapes) -> Shape:
        first = inputs[0]
        for index, shape in enumerate(inputs):
            if shape.size != first.size:
                raise Fault("E301", f"concat of unequal sizes: {first} and {shape}", operand=index)
        return Shape(sum(shape.channels for shape in inputs), first.size)

    def saved(self, inputs: Shapes) -> Saved:
        return PASSED

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("torch.cat([{*}], dim=1)"))
