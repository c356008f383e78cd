"""A normalisation in eval that no layer before it could take: a scale and a shift of each channel."""

from __future__ import annotations

from typing import ClassVar

from resdsl.ops.base import OPERAND, Arg, Elementwise, Layer, Role, Saved, Shapes, Torch, Weight


class ChannelAffine(Elementwise):
    """scale x + shift, channel by channel, and a ReLU if `relu`."""

    kind: ClassVar[str] = "channel_affine"
    role = Role.NORM
    summary = "scale and shift of each channel"

    relu: bool = False

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        shape = (inputs[0].channels, *(1,) * inputs[0].dims)
        return Weight("scale", shape), Weight("shift", shape)

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        args = (
            Arg("channels", x.channels, "channels", positional=True),
            Arg("dims", x.dims, "count", default=2),
            Arg("relu", self.relu, "flag", default=False),
        )
        return Torch(Layer("ChannelAffine", args))
