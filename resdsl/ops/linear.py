"""Linear layer."""

from __future__ import annotations

from math import prod

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Bias, Flag, Width
from resdsl.ops.base import OPERAND, Arg, Layer, Operator, Role, Saved, Shapes, Torch, Weight, Window
from resdsl.ops.channels_last import over_channels
from resdsl.ops.init import Init, weight_and_bias
from resdsl.shapes import Shape


class Linear(Operator):
    """A vector becomes one of `width`; with `pointwise=true`, the channels at every position of a map do."""

    kind = "linear"
    role = Role.LINEAR
    summary = "linear layer on a vector, or on the channels at every position"

    width: Width
    bias: Bias = True
    pointwise: Flag = False
    init: Init | None = None

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if x.dims and not self.pointwise:
            raise Fault(
                "E302",
                f"linear needs a vector, and this is {x}",
                operand=0,
                help="flatten first, or linear(..., pointwise=true)",
            )
        return Shape(self.width, x.size)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        weight = Weight("weight", (self.width, inputs[0].channels))
        return (weight,) if self.bias is False else (weight, Weight("bias", (self.width,)))

    def macs(self, inputs: Shapes) -> int:
        (x,) = inputs
        return x.channels * self.width * prod(x.size)

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims

    def saved(self, inputs: Shapes) -> Saved:
        (x,) = inputs
        return Saved(elements=x.numel) if x.dims else OPERAND  # of a map, a copy with the channels last

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        layer = Layer(
            "nn.Linear",
            (
                Arg("in_features", x.channels, "channels", positional=True),
                Arg("out_features", self.width, "channels", positional=True),
                Arg("bias", self.bias is not False, "flag", default=True),
            ),
            weight_and_bias(self.init, self.bias),
        )
        return over_channels(layer, x.dims)
