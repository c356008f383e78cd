"""What maxpool and avgpool share: windows, the rule of `ceil`, global and adaptive pools."""

from __future__ import annotations

from abc import abstractmethod
from fractions import Fraction
from typing import ClassVar

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Extent, Flag, Pad, show
from resdsl.ops.base import OPERAND, Arg, Call, Layer, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import Geometry, axes_of, geometry, need_map
from resdsl.ops.padding import pad_call, symmetric
from resdsl.shapes import Axes, Shape, per_axis, short


class Pool(Weightless):
    """A pool over windows (`k`), over `to` equal regions (adaptive), or over everything (neither)."""

    role = Role.POOL
    torch_name: ClassVar[str]
    """`Max` or `Avg`, as in `nn.MaxPool2d`."""
    pad_option: ClassVar[str]
    """What `F.pad` needs to be told of the value to pad with."""

    k: Extent | None = None
    stride: Extent | None = None
    pad: Pad | None = None
    ceil: Flag = False

    @property
    @abstractmethod
    def target(self) -> int | Axes | None:
        """The argument `to`: the size of the result of an adaptive pool."""

    @property
    @abstractmethod
    def counts_pads(self) -> bool:
        """Whether padding is part of what is pooled (without meaning for a maximum)."""

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        self._check_arguments()
        if self.k is None:
            return Shape(x.channels, axes_of("to", 1 if self.target is None else self.target, x.dims))
        window = self._geometry(x)
        for k, pads in zip(window.k, window.pads, strict=True):
            if max(pads) >= k:
                message = f"a pad of {max(pads)} leaves a window of {k} without any element of {x}"
                raise Fault("E304", message, argument="pad", help=f"use a pad of at most {k - 1}")
        if not self._layer_pads(window):
            self._check_own_pads(window)
        return Shape(x.channels, self._ceil_output(window, x) if self.ceil else window.output(x))

    def _check_arguments(self) -> None:
        if self.k is not None and self.target is not None:
            message = f"{self.kind} with both k={show(self.k)} and to={show(self.target)}"
            raise Fault("E311", message, argument="to", help="keep k for windows or to for an adaptive pool")
        if self.k is not None:
            return
        for name, written in (
            ("stride", self.stride is not None),
            ("pad", self.pad is not None),
            ("ceil", self.ceil),
            ("count_pad", not self.counts_pads),
        ):
            if written:
                raise Fault("E311", f"{name} without a window", argument=name, help=f"write k, or leave {name} out")

    def _geometry(self, x: Shape) -> Geometry:
        assert self.k is not None
        return geometry(x.dims, self.k, self.k if self.stride is None else self.stride, self.pad)

    def _layer_pads(self, window: Geometry) -> bool:
        """Whether PyTorch's layer can pad so: the same at both ends, at most half a window."""
        return symmetric(window.pads) and all(2 * low <= k for k, (low, _) in zip(window.k, window.pads, strict=True))

    def _check_own_pads(self, window: Geometry) -> None:
        for name, written in (("ceil", self.ceil), ("count_pad", not self.counts_pads)):
            if written:
                message = f"{name}={show(name == 'ceil')} with pad={show(window.pads)}, which PyTorch's pools cannot do"
                remedy = "use a pad that is the same at both ends and at most half the window"
                raise Fault("E309", message, argument="pad", help=remedy)

    def _ceil_output(self, window: Geometry, x: Shape) -> Axes:
        """Rounded up, but a window that starts in the right padding is dropped (PyTorch's rule)."""
        size = []
        for n, k, stride, (low, high) in zip(x.size, window.k, window.stride, window.pads, strict=True):
            positions = -(-(n + low + high - k) // stride) + 1
            size.append(positions - 1 if (positions - 1) * stride >= n + low else positions)
        if min(size) < 1:
            raise window.misfit(x)
        return tuple(size)

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        (x,) = inputs
        if self.k is not None:
            return self._geometry(x).windows()
        target = per_axis(1 if self.target is None else self.target, x.dims)
        return tuple(_region(n, target[i]) for i, n in enumerate(x.size))

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        if self.k is None:
            size = short(per_axis(1 if self.target is None else self.target, x.dims))
            name = f"nn.Adaptive{self.torch_name}Pool{x.dims}d"
            return Torch(Layer(name, (Arg("output_size", size, "size", positional=True),)))
        window = self._geometry(x)
        padding = tuple(low for low, _ in window.pads)
        before: Call | None = None
        if not self._layer_pads(window):
            before, padding = pad_call(window.pads, self.pad_option), (0,) * x.dims
        args = (
            Arg("kernel_size", short(window.k), "kernel", positional=True),
            Arg("stride", short(window.stride), "stride", default=short(window.k)),
            Arg("padding", short(padding), "padding", default=0),
            Arg("ceil_mode", self.ceil, "flag", default=False),
        )
        return Torch(Layer(f"nn.{self.torch_name}Pool{x.dims}d", args + self._more_args()), before=before)

    def _saved_window(self, x: Shape) -> Saved:
        """The map that the windows slide over: the operand, or a padded copy of it."""
        if self.k is None or self._layer_pads(window := self._geometry(x)):
            return OPERAND
        return Saved(elements=window.padded(x))

    @abstractmethod
    def _more_args(self) -> tuple[Arg, ...]:
        """Arguments that the other pool's layer does not have."""


def _region(n: int, target: int) -> Window:
    """PyTorch's adaptive regions, from floor(i * n / target) to ceil((i + 1) * n / target): the widest of them."""
    widest = max(-(-(i + 1) * n // target) - i * n // target for i in range(target))
    return Window(widest, Fraction(n, target))
