"""Group normalisation."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Positive, Width
from resdsl.ops.base import Arg, Elementwise, Layer, Role, Saved, Shapes, Torch, Weight
from resdsl.ops.dividing import groups_fault
from resdsl.shapes import Shape


class Gn(Elementwise):
    """Each of `groups` runs of channels by its own mean and variance; `groups` divides the channels."""

    kind = "gn"
    role = Role.NORM
    summary = "group normalisation (Wu and He, arXiv:1803.08494)"

    groups: Width = 32
    eps: Positive = Fraction("1e-5")

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if x.channels % self.groups:
            raise groups_fault(x.channels, self.groups)
        return x

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0].channels,)
        return Weight("weight", shape), Weight("bias", shape)

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), elements=2 * self.groups)

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(
            Layer(
                "nn.GroupNorm",
                (
                    Arg("num_groups", self.groups, "groups", positional=True),
                    Arg("num_channels", inputs[0].channels, "channels", positional=True),
                    Arg("eps", self.eps, "real", default=Fraction("1e-5")),
                ),
            )
        )
