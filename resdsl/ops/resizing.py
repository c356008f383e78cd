"""What upsample and resize share: the words for interpolation, and what it sees."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import word
from resdsl.ops.base import Window
from resdsl.shapes import Axes

Mode = Annotated[str, word("nearest", "linear", "bilinear", "bicubic", "trilinear")]

_DIMS = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def check_mode(mode: str, dims: int) -> None:
    """Raises `Fault` E310 where PyTorch has no such interpolation over so many axes."""
    if _DIMS.get(mode, dims) != dims:
        fitting = ", ".join(["nearest", *(name for name, n in _DIMS.items() if n == dims)])
        message = f"mode={mode} is for {_DIMS[mode]} axes, and the value has {dims}"
        raise Fault("E310", message, argument="mode", help=f"use one of {fitting}")


def resize_windows(size: Axes, new: Axes, mode: str) -> tuple[Window, ...]:
    """1, 2 or 4 taps an axis around the place that a new position falls on, pixel centres aligned."""
    return tuple(_taps(Fraction(n, new[i]), mode) for i, n in enumerate(size))


def _taps(stride: Fraction, mode: str) -> Window:
    if mode == "nearest" or stride == 1:
        return Window(stride=stride)
    lowest = (stride - 1) // 2
    return Window(4, stride, before=1 - lowest) if mode == "bicubic" else Window(2, stride, before=-lowest)
