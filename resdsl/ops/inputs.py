"""The node an input of a model is. Not an operator of the language: no `.res` text can call it."""

from __future__ import annotations

from typing import ClassVar

from resdsl.diagnostics import InternalError
from resdsl.ops.base import NOTHING, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.shapes import Shape


class Input(Weightless):
    """A value from outside, of a fixed shape."""

    kind: ClassVar[str] = "input"
    role = Role.INPUT
    summary = "a value from outside"

    channels: int
    size: tuple[int, ...]
    name: str | None = None

    def infer(self, inputs: Shapes) -> Shape:
        return Shape(self.channels, self.size)

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return (Window(),) * len(self.size)

    def saved(self, inputs: Shapes) -> Saved:
        return NOTHING

    def torch(self, inputs: Shapes) -> Torch:
        raise InternalError("an input has no PyTorch text")
