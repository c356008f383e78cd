"""Convolution."""

from __future__ import annotations

from math import prod
from typing import Annotated

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Bias, Extent, Pad, Width, word
from resdsl.ops.base import OPERAND, Arg, Layer, Operator, Role, Saved, Shapes, Torch, Weight, Window
from resdsl.ops.dividing import groups_fault
from resdsl.ops.geometry import Geometry, geometry, need_map
from resdsl.ops.init import Init, weight_and_bias
from resdsl.ops.padding import pad_call, symmetric
from resdsl.shapes import Shape, per_axis, short

_WIDEST_WINDOW = 16
"""A window above this beside a width below it: the two are the wrong way round."""


class Conv(Operator):
    """Cross-correlation over 1 to 3 axes.

    `width` channels; `(n + pads - dilation * (k - 1) - 1) // stride + 1` positions on an axis of `n`.
    """

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
        need_map(self.kind, x)
        for channels, which in ((x.channels, "input"), (self.width, "output")):
            if channels % self.groups:
                raise self._groups_fault(x.channels, channels, which)
        window = self._geometry(inputs)
        self._check_wrap(x, window)
        return Shape(self.width, window.output(x))

    def _groups_fault(self, given: int, channels: int, which: str) -> Fault:
        fault = groups_fault(channels, self.groups, f"{which} channels", among=(given, self.width))
        if self.groups == self.width != given:
            remedy = f"a depthwise convolution has groups=channels, {given} here, and a width that is a multiple of it"
            instead = ["channels"] if self.width % given == 0 else []
            return Fault("E303", fault.message, argument="groups", notes=fault.notes, help=remedy, instead=instead)
        return fault

    def _geometry(self, inputs: Shapes) -> Geometry:
        try:
            return geometry(inputs[0].dims, self.k, self.stride, self.pad, self.dilation)
        except Fault as fault:
            if fault.code == "E306" and isinstance(self.k, int) and self.width < _WIDEST_WINDOW < self.k:
                remedy = f"the window comes first and then the width: conv({self.width}, {self.k})"
                raise Fault(fault.code, fault.message, argument="k", help=remedy) from None
            raise

    def _check_wrap(self, x: Shape, window: Geometry) -> None:
        """Reflection needs fewer padded positions than there are, a circle at most as many."""
        room = {"reflect": -1, "circular": 0}.get(self.padding_mode)
        if room is None:
            return
        for n, pads in zip(x.size, window.pads, strict=True):
            if max(pads) > n + room:
                message = f"{self.padding_mode} padding of {max(pads)} needs more than the {n} positions of {x}"
                raise Fault("E304", message, argument="pad", help="use less padding, or padding_mode=zeros")

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        (x,) = inputs
        weight = Weight("weight", (self.width, x.channels // self.groups, *per_axis(self.k, x.dims)))
        return (weight,) if self.bias is False else (weight, Weight("bias", (self.width,)))

    def macs(self, inputs: Shapes) -> int:
        (x,) = inputs
        return self.infer(inputs).numel * prod(per_axis(self.k, x.dims)) * x.channels // self.groups

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return self._geometry(inputs).windows()

    def saved(self, inputs: Shapes) -> Saved:
        (x,) = inputs
        window = self._geometry(inputs)
        if self.padding_mode == "zeros" and symmetric(window.pads):
            return OPERAND
        mirrored = self.padding_mode in ("reflect", "replicate")  # whose padding looks at its operand again
        return Saved(operands=(0,) if mirrored else (), elements=window.padded(x))

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        window = self._geometry(inputs)
        before = None
        padding = tuple(low for low, _ in window.pads)
        if not symmetric(window.pads):
            mode = "" if self.padding_mode == "zeros" else f', mode="{self.padding_mode}"'
            before, padding = pad_call(window.pads, mode), (0,) * x.dims
        layer = Layer(
            f"nn.Conv{x.dims}d",
            (
                Arg("in_channels", x.channels, "channels", positional=True),
                Arg("out_channels", self.width, "channels", positional=True),
                Arg("kernel_size", short(window.k), "kernel", positional=True),
                Arg("stride", short(window.stride), "stride", default=1),
                Arg("padding", short(padding), "padding", default=0),
                Arg("dilation", short(window.dilation), "dilation", default=1),
                Arg("groups", self.groups, "groups", default=1),
                Arg("bias", self.bias is not False, "flag", default=True),
                Arg("padding_mode", "zeros" if before else self.padding_mode, "word", default="zeros"),
            ),
            weight_and_bias(self.init, self.bias),
        )
        return Torch(layer, before=before)
