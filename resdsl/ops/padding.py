"""Padding: the rule of `pad=auto`, and how PyTorch is told."""

from __future__ import annotations

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Pads
from resdsl.ops.base import Call
from resdsl.shapes import Axes


def resolve_pads(pad: int | Axes | Pads | None, k: Axes, stride: Axes, dilation: Axes) -> Pads:
    """Padding before and after, for each axis.

    `None` is `auto`: 0 where the window equals the stride (tiling), `dilation * (k - 1) / 2` for an odd
    window, otherwise a `Fault` that asks for `pad=`.
    """
    dims = len(k)
    if pad is None:
        return tuple(_auto(k[i], stride[i], dilation[i]) for i in range(dims))
    if isinstance(pad, int):
        return ((pad, pad),) * dims
    if len(pad) != dims:
        remedy = f"write one number for all axes, or a list of {dims}"
        raise Fault("E305", f"pad has {len(pad)} axes, the value has {dims}", argument="pad", help=remedy)
    return tuple((p, p) if isinstance(p, int) else p for p in pad)


def _auto(k: int, stride: int, dilation: int) -> tuple[int, int]:
    if k == stride and dilation == 1:
        return 0, 0
    if k % 2 == 0:
        span = dilation * (k - 1)
        raise Fault(
            "E306",
            f"a window of {k} has no middle, so its padding must be written",
            argument="k",
            help=f"add pad={span // 2} (or another number), or use a window of {k + 1}",
        )
    half = dilation * (k - 1) // 2
    return half, half


def symmetric(pads: Pads) -> bool:
    """Whether both ends of every axis have the same padding: what PyTorch's layers can do."""
    return all(before == after for before, after in pads)


def pad_call(pads: Pads, option: str = "") -> Call:
    """`F.pad` over the spatial axes (it counts them from the last); `option` is more text, `, mode="reflect"`."""
    ends = ", ".join(f"{before}, {after}" for before, after in reversed(pads))
    return Call(f"F.pad({{0}}, ({ends}){option})")
