"""Channels of unit length."""

from __future__ import annotations

from math import prod

from resdsl.ops.base import Call, Pointwise, Role, Saved, Shapes, Torch


class Normalize(Pointwise):
    """The channels at each position divided by their Euclidean length (at least 1e-12)."""

    kind = "normalize"
    role = Role.NORM
    summary = "the channels at each position divided by their Euclidean length"

    def saved(self, inputs: Shapes) -> Saved:
        return Saved(operands=(0,), elements=2 * prod(inputs[0].size))  # lengths, and what they are divided by

    def torch(self, inputs: Shapes) -> Torch:
        return Torch(call=Call("F.normalize({0}, dim=1)"), inline=True)
