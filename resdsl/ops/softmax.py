"""Softmax over channels, or over parts of them."""

from __future__ import annotations

from resdsl.ops.arguments import Width
from resdsl.ops.base import OUTPUT, Activation, Arg, Call, Layer, Saved, Shapes, Torch
from resdsl.ops.dividing import groups_fault
from resdsl.shapes import Shape


class Softmax(Activation):
    """exp(x) over its sum, at each position over all channels.

    With `parts`, the channels are that many equal chunks, and the sum is over the chunks: channel c of each
    chunk competes with channel c of the others (selective kernels, split attention).
    """

    kind = "softmax"
    summary = "softmax over the channels, or over `parts` chunks of them"
    keeps_output_for_backward = True

    parts: Width | None = None

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if self.parts and x.channels % self.parts:
            raise groups_fault(x.channels, self.parts, argument="parts", parts="parts")
        return x

    def saved(self, inputs: Shapes) -> Saved:
        return OUTPUT

    def torch(self, inputs: Shapes) -> Torch:
        if self.parts is None:
            return Torch(Layer("nn.Softmax", (Arg("dim", 1, "count"),)), Call("{0}.softmax(1)", binds=0), inline=True)
        parts = Arg("parts", self.parts, "count")
        text = "{0}.unflatten(1, ({parts}, -1)).softmax(1).flatten(1, 2)"
        return Torch(call=Call(text, (parts,), binds=0), inline=True)
