"""Dense connections in one buffer: a value with room behind it, into which later channels are written."""

from __future__ import annotations

from typing import ClassVar

from resdsl.ops.arguments import Width
from resdsl.ops.base import NOTHING, Arg, Call, Layer, Pointwise, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.shapes import Shape


class Room(Pointwise):
    """The same value, at the beginning of a buffer of `channels` channels."""

    kind: ClassVar[str] = "room"
    role = Role.SHAPE
    summary = "a value with room for further channels"

    channels: Width

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("Room", (Arg("channels", self.channels, "channels", positional=True),)))


class Append(Weightless):
    """The channels of two values; the second one's are written behind the first, where there is room for them."""

    kind: ClassVar[str] = "append"
    role = Role.MERGE
    merge = True
    summary = "channels written behind those of a value that has room"

    def infer(self, inputs: Shapes) -> Shape:
        x, y = inputs
        return Shape(x.channels + y.channels, x.size)

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * inputs[0].dims

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("append({*})"))
