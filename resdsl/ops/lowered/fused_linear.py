"""A linear layer with the activation after it."""

from __future__ import annotations

from typing import ClassVar

from resdsl.ops.base import Arg, Layer, Shapes, Torch
from resdsl.ops.linear import Linear


class FusedLinear(Linear):
    """activation(linear(x)) on a vector."""

    kind: ClassVar[str] = "linear"
    summary = "a linear layer with the activation after it"

    activation: str = "none"

    def torch(self, inputs: Shapes) -> Torch:
        plain = super().torch(inputs).layer
        assert plain is not None
        return Torch(Layer("FusedLinear", (*plain.args, Arg("activation", self.activation, "word", default="none"))))
