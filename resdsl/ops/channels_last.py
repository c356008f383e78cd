"""Layers that PyTorch applies to the last axis, here to the channels at each position."""

from __future__ import annotations

from resdsl.ops.base import Call, Layer, Torch


def over_channels(layer: Layer, dims: int) -> Torch:
    """`layer` on a vector as it is; on a map with the channels moved to the end and back."""
    if dims == 0:
        return Torch(layer)
    axes = range(2, dims + 2)
    to_last = ", ".join(map(str, (0, *axes, 1)))
    back = ", ".join(map(str, (0, dims + 1, *range(1, dims + 1))))
    return Torch(
        layer,
        before=Call(f"{{0}}.permute({to_last})", binds=0),
        after=Call(f"{{0}}.permute({back})", binds=0),
    )
