"""A map as one vector."""

from __future__ import annotations

from resdsl.ops.base import VIEW, Call, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.shapes import Shape


class Flatten(Weightless):
    """All elements as one vector, channel by channel."""

    kind = "flatten"
    homogeneous = True
    role = Role.SHAPE
    summary = "all elements as one vector"
    keeps_output_for_backward = True  # a view of its input

    def infer(self, inputs: Shapes) -> Shape:
        return Shape(inputs[0].numel)

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return ()

    def saved(self, inputs: Shapes) -> Saved:
        return VIEW

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Flatten"), Call("{0}.flatten(1)", binds=0), inline=True)
