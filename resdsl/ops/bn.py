"""Batch normalisation."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Chance, Flag, Positive, Real, show
from resdsl.ops.base import Arg, Elementwise, Layer, Role, Saved, Shapes, Torch, Weight
from resdsl.ops.init import Constant
from resdsl.shapes import Shape


class Bn(Elementwise):
    """Each channel by its mean and variance over batch and positions. `gamma` is the initial value of the scale."""

    kind = "bn"
    role = Role.NORM
    summary = "batch normalisation (Ioffe and Szegedy, arXiv:1502.03167)"

    eps: Positive = Fraction("1e-5")
    momentum: Chance = Fraction("0.1")
    gamma: Real = Fraction(1)
    affine: Flag = True

    def infer(self, inputs: Shapes) -> Shape:
        if self.gamma != 1 and not self.affine:
            raise Fault("E311", f"gamma={show(self.gamma)} with affine=false, which has no scale", argument="gamma")
        return inputs[0]

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0].channels,)
        affine = (Weight("weight", shape), Weight("bias", shape)) if self.affine else ()
        return (
            *affine,
            Weight("running_mean", shape, buffer=True),
            Weight("running_var", shape, buffer=True),
            Weight("num_batches_tracked", (), buffer=True),
        )

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), constants=2 * inputs[0].channels)

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        return Torch(
            Layer(
                f"nn.BatchNorm{max(x.dims, 1)}d",
                (
                    Arg("num_features", x.channels, "channels", positional=True),
                    Arg("eps", self.eps, "real", default=Fraction("1e-5")),
                    Arg("momentum", self.momentum, "real", default=Fraction("0.1")),
                    Arg("affine", self.affine, "flag", default=True),
                ),
                (("weight", Constant(value=self.gamma)),) if self.gamma != 1 else (),
            )
        )
