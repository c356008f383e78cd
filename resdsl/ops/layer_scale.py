"""Learned scale of each channel."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Real
from resdsl.ops.base import OPERAND, Call, Elementwise, Parameter, Role, Saved, Shapes, Torch, Weight
from resdsl.ops.init import Constant


class LayerScale(Elementwise):
    """Each channel times a learned number that begins at `init`. Its label is its key."""

    kind = "layer_scale"
    role = Role.SCALE
    summary = "learned scale of each channel (Touvron et al., arXiv:2103.17239)"

    init: Real = Fraction(1)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        (x,) = inputs
        return (Weight("", (x.channels, *(1,) * x.dims)),)

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        (weight,) = self.weights(inputs)
        return Torch(
            call=Call("{0} * {self}", precedence=1, binds=1),
            parameter=Parameter(weight.shape, Constant(value=self.init)),
        )
