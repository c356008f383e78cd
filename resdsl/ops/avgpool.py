"""Average over windows."""

from __future__ import annotations

from resdsl.ops.arguments import Extent, Flag
from resdsl.ops.base import NOTHING, OPERAND, Arg, Saved, Shapes
from resdsl.ops.pooling import Pool
from resdsl.shapes import Axes


class Avgpool(Pool):
    """The mean of each window; padding counts as zeros, with `count_pad=false` not at all.

    Without `k` global, with `to` adaptive. `(n + pads - k) / stride + 1` positions, rounded down, or up with
    `ceil`, where a window that starts in the right padding is dropped.
    """

    kind = "avgpool"
    homogeneous = True
    summary = "average over windows, over `to` regions, or over everything"
    torch_name = "Avg"
    pad_option = ""

    count_pad: Flag = True
    to: Extent | None = None

    @property
    def target(self) -> int | Axes | None:
        return self.to

    @property
    def counts_pads(self) -> bool:
        return self.count_pad

    def saved(self, inputs: Shapes) -> Saved:
        (x,) = inputs
        if self.k is None:
            return NOTHING if self.infer(inputs).size == (1,) * x.dims else OPERAND  # a global one is a mean
        return self._saved_window(x)

    def _more_args(self) -> tuple[Arg, ...]:
        return (Arg("count_include_pad", self.count_pad, "flag", default=True),)
