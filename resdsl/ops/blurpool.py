"""Anti-aliased subsampling."""

from __future__ import annotations

from math import prod

from resdsl.diagnostics import Fault
from resdsl.ops.arguments import Width
from resdsl.ops.base import Call, Role, Saved, Shapes, Torch, Weightless, Window
from resdsl.ops.geometry import Geometry, need_map
from resdsl.ops.padding import pad_call
from resdsl.shapes import Shape


class Blurpool(Weightless):
    """Binomial filter of `k` taps an axis, then every `stride`-th position; reflected at the border.

    `(stride + k - 2) // 2` positions are reflected at each end. The binomial filter of k taps is k - 1 averages
    of two neighbours, which is how PyTorch is told: no weights, no constants, any number of axes.
    """

    kind = "blurpool"
    homogeneous = True
    role = Role.POOL
    summary = "binomial blur, then subsampling (Zhang, arXiv:1904.11486)"

    k: Width = 3
    stride: Width = 2

    def _geometry(self, x: Shape) -> Geometry:
        pad = (self.stride + self.k - 2) // 2
        return Geometry((self.k,) * x.dims, (self.stride,) * x.dims, (1,) * x.dims, ((pad, pad),) * x.dims)

    def infer(self, inputs: Shapes) -> Shape:
        (x,) = inputs
        need_map(self.kind, x)
        if self.k < 2:
            raise Fault("E304", f"a blur over {self.k} position is none", argument="k", help="write k of at least 2")
        window = self._geometry(x)
        pad = window.pads[0][0]
        if pad >= min(x.size):
            message = f"reflecting {pad} positions needs more than the {min(x.size)} of {x}"
            raise Fault("E304", message, argument="k", help="use a smaller window or stride, or a larger input")
        return Shape(x.channels, window.output(x))

    def windows(self, inputs: Shapes) -> tuple[Window, ...]:
        return self._geometry(inputs[0]).windows()

    def saved(self, inputs: Shapes) -> Saved:
        (x,) = inputs
        pad = self._geometry(x).pads[0][0]
        maps = [prod(n + 2 * pad - i for n in x.size) for i in range(self.k - 1)]  # what each average looks at
        return Saved(operands=(0,), elements=x.channels * sum(maps if pad else maps[1:]))

    def torch(self, inputs: Shapes) -> Torch:
        (x,) = inputs
        pads = self._geometry(x).pads
        text = pad_call(pads, ', mode="reflect"').template if pads[0][0] else "{0}"
        for stride in (*(1,) * (self.k - 2), self.stride):
            text = f"F.avg_pool{x.dims}d({text}, 2, {stride})"
        return Torch(call=Call(text), inline=True)
