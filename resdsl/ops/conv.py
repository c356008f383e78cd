"""Convolution."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import Annotated, Any

from pydantic import BeforeValidator

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Extent, Pad, Width, show, word
from resdsl.ops.base import Arg, Layer, Operator, Role, Shapes, Torch, Weight, Window
from resdsl.ops.init import Constant, Init
from resdsl.ops.padding import resolve_pads, torch_padding
from resdsl.shapes import Shape, per_axis, window_output


def _bias(value: Any) -> bool | Fraction:
    if isinstance(value, bool):
        return value
    if isinstance(value, int | Fraction):
        return Fraction(value)
    raise ValueError(f"true, false, or a constant initial value, not {show(value)}")


Bias = Annotated[bool | Fraction, BeforeValidator(_bias)]


class Conv(Operator):
    """Cross-correlation over 1 to 3 axes; input channels are those of the value."""

    kind = "conv"
    role = Role.CONV
    summary = "convolution; `groups` divides both the input channels and `width`"

    k: Extent
    width: Width
    stride: Extent = 1
    pad: Pad | None = None
    dilation: Extent = 1
    groups: Width = 1
    bias: Bias = False
    padding_mode: Annotated[str, word("zeros", "reflect", "replicate", "circular")] = "zeros"
    init: Init | None = None

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        if not 1 <= x.dims <= 3:
            raise Fault("E302", f"conv needs a feature map with 1 to 3 axes, and this is a vector of {x.channels}")
        if x.channels % self.groups:
            raise Fault("E303", f"{x.channels} input channels do not divide into {self.groups} groups", argument="groups")
        if self.width % self.groups:
            raise Fault("E303", f"{self.width} output channels do not divide into {self.groups} groups", argument="groups")
        k, stride, dilation = (self._axes(name, x.dims) for name in ("k", "stride", "dilation"))
        pads = resolve_pads(self.pad, k, stride, dilation)
        size = tuple(
            window_output(n, k[i], stride[i], *pads[i], dilation[i]) for i, n in enumerate(x.size)
        )
        if min(size) < 1:
            raise Fault("E304", f"a window of {show(k)} does not fit into {x} (padding {show(pads)})", argument="k")
        return Shape(self.width, size)

    def _axes(self, name: str, dims: int) -> tuple[int, ...]:
        value = getattr(self, name)
        if isinstance(value, tuple) and len(value) != dims:
            raise Fault("E305", f"{name} has {len(value)} axes, the value has {dims}", argument=name)
        return per_axis(value, dims)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        (x,) = inputs
        weight = Weight("weight", (self.width, x.channels // self.groups, *per_axis(self.k, x.dims)))
        return (weight,) if self.bias is False else (weight, Weight("bias", (self.width,)))

    def macs(self, inputs: Shapes) -> int:
        (x,) = inputs
        taps = prod(per_axis(self.k, x.dims)) * x.channels // self.groups
        return self.infer(inputs).numel * taps

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        (x,) = inputs
        k, stride, dilation = (self._axes(name, x.dims) for name in ("k", "stride", "dilation"))
        pads = resolve_pads(self.pad, k, stride, dilation)
        return tuple(
            Window(k[i], Fraction(stride[i]), dilation[i], pads[i][0]) for i in range(x.dims)
        )

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        k, stride, dilation = (self._axes(name, x.dims) for name in ("k", "stride", "dilation"))
        padding = torch_padding(self.kind, resolve_pads(self.pad, k, stride, dilation))
        init: list[tuple[str, Init]] = [("weight", self.init)] if self.init else []
        if self.bias is not True and self.bias is not False:
            init.append(("bias", Constant(value=self.bias)))
        return Torch(
            Layer(
                f"nn.Conv{x.dims}d",
                (
                    Arg("in_channels", x.channels, "channels", positional=True),
                    Arg("out_channels", self.width, "channels", positional=True),
                    Arg("kernel_size", short(k), "kernel", positional=True),
                    Arg("stride", short(stride), "stride", default=1),
                    Arg("padding", short(padding), "padding", default=0),
                    Arg("dilation", short(dilation), "dilation", default=1),
                    Arg("groups", self.groups, "groups", default=1),
                    Arg("bias", self.bias is not False, "flag", default=True),
                    Arg("padding_mode", self.padding_mode, "word", default="zeros"),
                ),
                tuple(init),
            )
        )


def short(axes: tuple[int, ...]) -> int | tuple[int, ...]:
    """One number where all axes agree: how a person writes it."""
    return axes[0] if len(set(axes)) == 1 else axes
