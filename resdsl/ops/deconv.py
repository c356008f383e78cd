"""Transposed convolution."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Bias, Extent, Margin, Width, show
from resdsl.ops.base import OPERAND, Arg, Layer, Operator, Role, Saved, Shapes, Torch, Weight, Window
from resdsl.ops.geometry import axes_of, need_map
from resdsl.ops.init import Init, weight_and_bias
from resdsl.shapes import Shape, per_axis, short


class Deconv(Operator):
    """Transposed convolution over 1 to 3 axes: `width` channels, `(n - 1) * stride - 2 * pad + k` positions."""

    kind = "deconv"
    role = Role.CONV
    summary = "transposed convolution; `pad` is cut off at both ends of the result"

    k: Extent
    width: Width
    stride: Extent = 1
    pad: Margin = 0
    bias: Bias = False
    init: Init | None = None

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        k, stride, pad = (axes_of(name, getattr(self, name), x.dims) for name in ("k", "stride", "pad"))
        size = tuple((n - 1) * stride[i] - 2 * pad[i] + k[i] for i, n in enumerate(x.size))
        if min(size) < 1:
            message = f"pad={show(self.pad)} leaves nothing of {x} after a window of {show(self.k)}"
            raise Fault("E304", message, argument="pad", help="use a smaller pad")
        return Shape(self.width, size)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        (x,) = inputs
        weight = Weight("weight", (x.channels, self.width, *per_axis(self.k, x.dims)))
        return (weight,) if self.bias is False else (weight, Weight("bias", (self.width,)))

    def macs(self, inputs: Shapes) -> int:
        (x,) = inputs
        return x.numel * self.width * prod(per_axis(self.k, x.dims))

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        (x,) = inputs
        k, stride, pad = (per_axis(getattr(self, name), x.dims) for name in ("k", "stride", "pad"))
        return tuple(
            Window(-(-k[i] // stride[i]), Fraction(1, stride[i]), before=(k[i] - 1 - pad[i]) // stride[i])
            for i in range(x.dims)
        )

    def saved(self, inputs: Shapes) -> Saved:
        return OPERAND

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        k, stride, pad = (per_axis(getattr(self, name), x.dims) for name in ("k", "stride", "pad"))
        return Torch(
            Layer(
                f"nn.ConvTranspose{x.dims}d",
                (
                    Arg("in_channels", x.channels, "channels", positional=True),
                    Arg("out_channels", self.width, "channels", positional=True),
                    Arg("kernel_size", short(k), "kernel", positional=True),
                    Arg("stride", short(stride), "stride", default=1),
                    Arg("padding", short(pad), "padding", default=0),
                    Arg("bias", self.bias is not False, "flag", default=True),
                ),
                weight_and_bias(self.init, self.bias),
            )
        )
