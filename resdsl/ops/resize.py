"""A map of another size."""

from __future__ import annotations

from resdsl.ops.arguments import Extent
from resdsl.ops.base import NOTHING, Arg, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import axes_of, need_map
from resdsl.ops.resizing import Mode, check_mode, resize_windows
from resdsl.shapes import Shape, per_axis, short


class Resize(Weightless):
    """A map of size `to`, by interpolation between pixel centres (`align_corners=False`, no anti-aliasing)."""

    kind = "resize"
    role = Role.RESIZE
    summary = "a map of size `to`"

    to: Extent
    mode: Mode = "nearest"

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        check_mode(self.mode, x.dims)
        return Shape(x.channels, axes_of("to", self.to, x.dims))

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return resize_windows(inputs[0].size, self.infer(inputs).size, self.mode)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        size = short(per_axis(self.to, inputs[0].dims))
        return Torch(
            Layer("nn.Upsample", (Arg("size", size, "size"), Arg("mode", self.mode, "word", default="nearest")))
        )
