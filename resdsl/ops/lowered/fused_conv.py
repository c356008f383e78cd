"""A convolution with what follows it: an addition, an activation."""

from __future__ import annotations

from typing import ClassVar

from resdsl.diagnostics import Fault
from resdsl.ops.base import Arg, Layer, Shapes, Torch, Weight, Window
from resdsl.ops.conv import Conv
from resdsl.shapes import Shape

ACTIVATIONS = {"relu": "relu", "silu": "silu", "sigmoid": "sigmoid", "tanh": "tanh", "hardswish": "hardswish"}
"""Operators that a fused layer can end in, and the layer's word for each."""


class FusedConv(Conv):
    """activation(conv(x) + residual) over two axes; the residual is a second operand, or there is none."""

    kind: ClassVar[str] = "conv"
    summary = "a convolution with the addition and activation after it"

    activation: str = "none"
    kernel: str = "direct"
    """How it is computed: `direct`; on the CPU also `winograd` (3x3 with stride 1); on CUDA devices also `cudnn`, the
    fused call."""

    def infer(self, inputs: Shapes) -> Shape:
        shape = super().infer(inputs[:1])
        if inputs[1:] not in ((), (shape,)):
            raise Fault("E301", f"a residual of {inputs[1]} for a result of {shape}", operand=1)
        return shape

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return super().weights(inputs[:1])

    def macs(self, inputs: Shapes) -> int:
        return super().macs(inputs[:1])

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return super().windows(inputs[:1])

    def torch(self, inputs: Shapes) -> Torch:
        plain = super().torch(inputs[:1]).layer
        assert plain is not None
        more = (
            Arg("activation", self.activation, "word", default="none"),
            Arg("kernel", self.kernel, "word", default="direct"),
        )
        return Torch(Layer("FusedConv2d", (*(arg for arg in plain.args if arg.name != "padding_mode"), *more)))
