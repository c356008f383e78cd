"""The value itself."""

from __future__ import annotations

from resdsl.ops.base import VIEW, Call, Layer, Pointwise, Role, Saved, Shapes, Torch


class Identity(Pointwise):
    """x."""

    kind = "identity"
    homogeneous = True
    role = Role.SHAPE
    summary = "the value itself"
    keeps_output_for_backward = True  # its output is its input

    def saved(self, inputs: Shapes) -> Saved:
        return VIEW

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(Layer("nn.Identity"), Call("{0}", binds=0), inline=True)
