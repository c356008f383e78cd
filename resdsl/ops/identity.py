"""The value itself."""

from __future__ import annotations

from resdsl.ops.base import Call, Layer, Pointwise, Role, Shapes, Torch


class Identity(Pointwise):
    """x."""

    kind = "identity"
    homogeneous = True
    role = Role.SHAPE
    summary = "the value itself"
    keeps_output_for_backward = True  # its output is its input

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Identity"), Call("{0}", binds=0), inline=True)
