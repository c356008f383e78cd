"""Local response normalisation."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from resdsl.ops.arguments import Positive, Width
from resdsl.ops.base import Arg, Layer, Pointwise, Role, Saved, Shapes, Torch
from resdsl.ops.geometry import need_map
from resdsl.shapes import Shape


class Lrn(Pointwise):
    """x / (k + alpha * mean of x^2 over `size` neighbouring channels)^beta, absent channels counting as zeros."""

    kind = "lrn"
    role = Role.NORM
    summary = "local response normalisation across channels (Krizhevsky et al., 2012)"

    size: Width = 5
    alpha: Positive = Fraction("1e-4")
    beta: Positive = Fraction("0.75")
    k: Positive = Fraction(1)

    def infer(self, inputs: Shapes) -> Shape:
        need_map(self.kind, inputs[0])
        return inputs[0]

    def saved(self, inputs: Shapes) -> Saved:
        (x,) = inputs
        padded = prod((x.channels + self.size - 1, *x.size))  # the squares between absent channels
        return Saved(operands=(0,), elements=padded + 2 * x.numel)  # the sums, and their powers

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(
            Layer(
                "nn.LocalResponseNorm",
                (
                    Arg("size", self.size, "count", positional=True),
                    Arg("alpha", self.alpha, "real", default=Fraction("1e-4")),
                    Arg("beta", self.beta, "real", default=Fraction("0.75")),
                    Arg("k", self.k, "real", default=Fraction(1)),
                ),
            )
        )
