"""Windows that slide over a feature map: the arguments of convolutions and pools, one number for each axis."""

from __future__ import annotations

from fractions import Fraction
from math import prod

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Pads, show
from resdsl.ops.base import Window
from resdsl.ops.padding import resolve_pads
from resdsl.records import Record
from resdsl.shapes import Axes, Shape, per_axis, short, window_output


class Geometry(Record):
    """Kernel, stride, dilation and pads, for each axis."""

    k: Axes
    stride: Axes
    dilation: Axes
    pads: Pads

    def output(self, x: Shape) -> Axes:
        """Size of the result, rounded down. Raises `Fault` where the window does not fit."""
        size = tuple(
            window_output(n, self.k[i], self.stride[i], *self.pads[i], self.dilation[i]) for i, n in enumerate(x.size)
        )
        if min(size) < 1:
            raise self.misfit(x)
        return size

    def misfit(self, x: Shape) -> Fault:
        """The fault of a window larger than the padded map."""
        pads = show(short(tuple(before for before, _ in self.pads))) if self._even_pads else show(self.pads)
        dilated = "" if set(self.dilation) == {1} else f", dilation {show(short(self.dilation))}"
        message = f"a window of {show(short(self.k))} does not fit into {x} (pad {pads}{dilated})"
        spans = [dilation * (k - 1) + 1 for k, dilation in zip(self.k, self.dilation, strict=True)]
        least = [max(1, span - sum(pads)) for span, pads in zip(spans, self.pads, strict=True)]
        needs, has = ("x".join(map(str, size)) for size in (least, x.size))
        return Fault(
            "E304",
            message,
            argument="k",
            notes=[f"it needs a map of at least {needs}, and this one is {has}"],
            help="use a smaller window, more padding, or less stride before it",
        )

    @property
    def _even_pads(self) -> bool:
        return all(before == after for before, after in self.pads)

    def padded(self, x: Shape) -> int:
        """Elements of the map with its padding."""
        return x.channels * prod(n + sum(self.pads[i]) for i, n in enumerate(x.size))

    def windows(self) -> tuple[Window, ...]:
        return tuple(
            Window(k, Fraction(self.stride[i]), self.dilation[i], self.pads[i][0]) for i, k in enumerate(self.k)
        )


def geometry(
    dims: int,
    k: int | Axes,
    stride: int | Axes,
    pad: int | Axes | Pads | None,
    dilation: int | Axes = 1,
) -> Geometry:
    """The arguments of a window over `dims` axes. Raises `Fault` (E305, E306)."""
    kernel, strides = axes_of("k", k, dims), axes_of("stride", stride, dims)
    dilations = axes_of("dilation", dilation, dims)
    return Geometry(kernel, strides, dilations, resolve_pads(pad, kernel, strides, dilations))


def axes_of(name: str, value: int | Axes, dims: int) -> Axes:
    """The argument `name` for each of `dims` axes. Raises `Fault` E305 where it has another number of them."""
    if isinstance(value, tuple) and len(value) != dims:
        remedy = f"write one number for all axes, or a list of {dims}"
        raise Fault("E305", f"{name} has {len(value)} axes, the value has {dims}", argument=name, help=remedy)
    return per_axis(value, dims)


def need_map(kind: str, x: Shape, only: int | None = None) -> None:
    """Raises `Fault` E302 unless `x` is a feature map of 1 to 3 axes (or of exactly `only`)."""
    if 1 <= x.dims <= 3 and only in (None, x.dims):
        return
    wanted = "1 to 3 axes" if only is None else f"{only} axes"
    actual = f"a vector of {x.channels}" if x.dims == 0 else f"{x} with {x.dims}"
    raise Fault(
        "E302",
        f"{kind} needs a feature map with {wanted}, and this is {actual}",
        operand=0,
        help="apply it before flatten, or make a map with reshape(to)" if x.dims == 0 else None,
    )
