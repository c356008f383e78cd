"""Instance normalisation."""

from __future__ import annotations

from fractions import Fraction

from resdsl.ops.arguments import Positive
from resdsl.ops.base import Arg, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import need_map
from resdsl.shapes import Shape


class InstanceNorm(Weightless):
    """Each channel of each input by its mean and variance over positions; without weights, as PyTorch's default."""

    kind = "instance_norm"
    role = Role.NORM
    summary = "instance normalisation (Ulyanov et al., arXiv:1607.08022)"

    eps: Positive = Fraction("1e-5")

    def infer(self, inputs: Shapes) -> Shape:
        need_map(self.kind, inputs[0])
        return inputs[0]

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), elements=2 * inputs[0].channels)

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        return Torch(
            Layer(
                f"nn.InstanceNorm{x.dims}d",
                (
                    Arg("num_features", x.channels, "channels", positional=True),
                    Arg("eps", self.eps, "real", default=Fraction("1e-5")),
                ),
            )
        )
