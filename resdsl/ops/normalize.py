"""Channels of unit length."""

from __future__ import annotations

from resdsl.ops.base import Call, Pointwise, Role, Shapes, Torch


class Normalize(Pointwise):
    """The channels at each position divided by their Euclidean length (at least 1e-12)."""

    kind = "normalize"
    role = Role.NORM
    summary = "the channels at each position divided by their Euclidean length"

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("F.normalize({0}, dim=1)"), inline=True)
