"""Maximum over windows."""

from __future__ import annotations

from resdsl.ops.arguments import Extent
from resdsl.ops.base import Arg, Saved, Shapes
from resdsl.ops.pooling import Pool
from resdsl.shapes import Axes


class Maxpool(Pool):
    """The largest element of each window; padding never wins.

    Without `k` global, with `to` adaptive. `(n + pads - k) / stride + 1` positions, rounded down, or up with
    `ceil`, where a window that starts in the right padding is dropped.
    """

    kind = "maxpool"
    homogeneous = True
    summary = "maximum over windows, over `to` regions, or over everything"
    torch_name = "Max"
    pad_option = ', value=float("-inf")'

    to: Extent | None = None

    @property
    def target(self) -> int | Axes | None:
        return self.to

    @property
    def counts_pads(self) -> bool:
        return True

    def saved(self, inputs: Shapes) -> Saved:
        indices = self.infer(inputs).numel
        kept = self._saved_window(inputs[0])
        return Saved(operands=kept.operands, elements=kept.elements, indices=indices)

    def _more_args(self) -> tuple[Arg, ...]:
        return ()
