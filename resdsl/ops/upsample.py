"""A map enlarged by a whole factor."""

from __future__ import annotations

from resdsl.ops.arguments import Extent
from resdsl.ops.base import NOTHING, Arg, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import axes_of, need_map
from resdsl.ops.resizing import Mode, check_mode, resize_windows
from resdsl.shapes import Shape, per_axis, short


class Upsample(Weightless):
    """Every axis `factor` times as long, by interpolation between pixel centres (`align_corners=False`)."""

    kind = "upsample"
    homogeneous = True
    role = Role.RESIZE
    summary = "every axis `factor` times as long"

    factor: Extent
    mode: Mode = "nearest"

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        check_mode(self.mode, x.dims)
        factors = axes_of("factor", self.factor, x.dims)
        return Shape(x.channels, tuple(n * factors[i] for i, n in enumerate(x.size)))

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return resize_windows(inputs[0].size, self.infer(inputs).size, self.mode)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        factor = short(per_axis(self.factor, inputs[0].dims))
        args = (Arg("scale_factor", factor, "size"), Arg("mode", self.mode, "word", default="nearest"))
        return Torch(Layer("nn.Upsample", args))
