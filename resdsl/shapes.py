"""Shapes of values and the arithmetic of windows. Leaves: they know nothing of operators."""

from __future__ import annotations

from math import prod

from resdsl.records import Record

Axes = tuple[int, ...]
"""One number per spatial axis."""


class Shape(Record):
    """Channels and spatial size of a value, without the batch axis.

    `Shape(784)` is a vector, `Shape(64, (56, 56))` a feature map; 0 to 3 spatial axes.
    """

    channels: int
    size: Axes = ()

    @property
    def dims(self) -> int:
        return len(self.size)

    @property
    def numel(self) -> int:
        """Elements for one input of the batch."""
        return self.channels * prod(self.size)

    @property
    def full(self) -> Axes:
        """Channels and size in one tuple, as PyTorch orders them."""
        return (self.channels, *self.size)

    def __str__(self) -> str:
        return "x".join(str(n) for n in self.full)


def per_axis(value: int | Axes, dims: int) -> Axes:
    """A number for all axes, or one for each: always one for each."""
    return (value,) * dims if isinstance(value, int) else value


def short(axes: Axes) -> int | Axes:
    """One number where all axes agree, as a person writes it: undoes `per_axis`."""
    return axes[0] if len(set(axes)) == 1 else axes


def window_output(size: int, kernel: int, stride: int, before: int, after: int, dilation: int = 1) -> int:
    """Positions of a window along one axis, rounded down; may be 0 or negative (the caller checks)."""
    return (size + before + after - dilation * (kernel - 1) - 1) // stride + 1
