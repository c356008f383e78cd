"""The same elements in another shape."""

from __future__ import annotations

from fractions import Fraction

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Extent
from resdsl.ops.base import VIEW, Arg, Call, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.shapes import Shape


class Reshape(Weightless):
    """The elements in their order as channels and size `to` (a number is a vector); as many as there are."""

    kind = "reshape"
    homogeneous = True
    role = Role.SHAPE
    summary = "the same elements in another shape"
    keeps_output_for_backward = True  # a view of its input

    to: Extent

    def _shape(self) -> Shape:
        return Shape(self.to) if isinstance(self.to, int) else Shape(self.to[0], self.to[1:])

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        shape = self._shape()
        if shape.dims > 3:
            message = f"reshape to {shape}, which has {shape.dims} axes beside the channels"
            raise Fault("E302", message, argument="to", help="use at most three")
        if shape.numel != x.numel:
            message = f"reshape of {x}, {x.numel} elements, to {shape}, {shape.numel} elements"
            raise Fault("E308", message, argument="to", help=f"write a size of {x.numel} elements")
        return shape

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        """Where an axis changes its size, every position may see the whole of it."""
        (x,) = inputs
        size = self._shape().size
        if x.dims != len(size):
            return (Window(),) * len(size)
        pairs = zip(x.size, size, strict=True)
        return tuple(Window() if n == new else Window(n, Fraction(n, new), before=n - 1) for n, new in pairs)

    def saved(self, inputs: Shapes) -> Saved:
        return VIEW

    def torch(self, inputs: Shapes) -> Torch:
        shape = self._shape()
        sizes = tuple(Arg(f"size{i}", n, "size") for i, n in enumerate(shape.size))
        args = (Arg("channels", shape.channels, "channels"), *sizes)
        names = ", ".join(f"{{{arg.name}}}" for arg in args)
        return Torch(call=Call(f"{{0}}.reshape(-1, {names})", args, binds=0), inline=True)
