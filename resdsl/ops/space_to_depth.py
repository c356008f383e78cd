"""Positions as channels."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Width
from resdsl.ops.base import NOTHING, Arg, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import need_map
from resdsl.shapes import Shape


class SpaceToDepth(Weightless):
    """Each `factor` x `factor` tile of a map with two axes becomes one position of `factor`^2 times the channels."""

    kind = "space_to_depth"
    homogeneous = True
    role = Role.RESIZE
    summary = "each `factor` x `factor` tile becomes one position with `factor`^2 times the channels"
    keeps_output_for_backward = True  # a view where nothing moves, unless the device has a kernel of its own

    factor: Width

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x, only=2)
        if any(n % self.factor for n in x.size):
            message = f"{x} does not divide into tiles of {self.factor}"
            remedy = f"use a size that is a multiple of {self.factor} here, or resize the map before"
            raise Fault("E304", message, argument="factor", help=remedy)
        return Shape(x.channels * self.factor**2, tuple(n // self.factor for n in x.size))

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(self.factor, Fraction(self.factor)),) * inputs[0].dims

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.PixelUnshuffle", (Arg("downscale_factor", self.factor, "count", positional=True),)))
