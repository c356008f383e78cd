"""Rectified linear unit with a learned slope."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Real, Width
from resdsl.ops.base import OPERAND, Arg, Elementwise, Layer, Role, Saved, Shapes, Torch, Weight
from resdsl.shapes import Shape


class Prelu(Elementwise):
    """x where positive, a learned slope times x elsewhere.

    `slope` is the initial value; `parts` is the number of slopes: 1 for all channels, or `parts=channels`.
    """

    kind = "prelu"
    homogeneous = True
    role = Role.ACTIVATION
    summary = "x where positive, a learned slope times x elsewhere (He et al., arXiv:1502.01852)"

    slope: Real = Fraction("0.25")
    parts: Width = 1

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if self.parts not in (1, x.channels):
            message = f"prelu has one slope or one for each of {x.channels} channels, not {self.parts}"
            raise Fault("E303", message, argument="parts", help="write parts=channels")
        return x

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("weight", (self.parts,)),)

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(
            Layer(
                "nn.PReLU",
                (
                    Arg("num_parameters", self.parts, "channels", default=1, positional=True),
                    Arg("init", self.slope, "real", default=Fraction("0.25")),
                ),
            )
        )
