"""Layer normalisation over channels."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from resdsl.ops.arguments import Positive
from resdsl.ops.base import Arg, Elementwise, Layer, Role, Saved, Shapes, Torch, Weight
from resdsl.ops.channels_last import over_channels


class Ln(Elementwise):
    """The channels at each position by their own mean and variance."""

    kind = "ln"
    role = Role.NORM
    summary = "layer normalisation over the channels at each position (Ba et al., arXiv:1607.06450)"

    eps: Positive = Fraction("1e-6")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0].channels,)
        return Weight("weight", shape), Weight("bias", shape)

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), elements=2 * prod(inputs[0].size))

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        layer = Layer(
            "nn.LayerNorm",
            (
                Arg("normalized_shape", x.channels, "channels", positional=True),
                Arg("eps", self.eps, "real", default=Fraction("1e-5")),
            ),
        )
        return over_channels(layer, x.dims)
