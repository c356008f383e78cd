"""Layer normalisation over channels."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from resdsl.ops.arguments import Positive
from resdsl.ops.base import Arg, Layer, Operator, Role, Saved, Shapes, Torch, Weight, Window
from resdsl.ops.channels_last import over_channels
from resdsl.shapes import Shape


class Ln(Operator):
    """The channels at each position by their own mean and variance."""

    kind = "ln"
    role = Role.NORM
    summary = "layer normalisation over the channels at each position (Ba et al., arXiv:1607.06450)"

    eps: Positive = Fraction("1e-6")

    def infer(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0].channels,)
        return Weight("weight", shape), Weight("bias", shape)

    def macs(self, inputs: Shapes) -> int:
        return 0

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims

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
