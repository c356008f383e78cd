"""Dropout of elements."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Chance
from resdsl.ops.base import VIEW, Arg, Layer, Pointwise, Role, Saved, Shapes, Torch


class Dropout(Pointwise):
    """In training, an element is 0 with probability `p`, the others are divided by 1 - p. In eval, the input itself."""

    kind = "dropout"
    homogeneous = True
    role = Role.DROPOUT
    summary = "in training, each element is 0 with probability `p` (Srivastava et al., 2014)"
    keeps_output_for_backward = True  # in eval its output is its input

    p: Chance = Fraction(1, 2)

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(elements=inputs[0].numel) if self.p else VIEW

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Dropout", (Arg("p", self.p, "real", default=Fraction(1, 2), positional=True),)))
