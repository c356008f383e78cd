"""An export beside the module that it was made of: equal outputs, or no export."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING

from resdsl.diagnostics import InternalError, WeightsError
from resdsl.graph import Graph
from resdsl.records import Record
from resdsl.runtime.export.preparing import Batch, at_work, inputs_of, output_names, plain, probes
from resdsl.runtime.verify import tensors

if TYPE_CHECKING:
    from torch import Tensor, nn

TOLERANCE = 1e-4
"""Largest difference allowed, relative to the largest magnitude of the module's output."""

DEAF = 1e-3
"""A smaller spread of outputs than this leaves rounding alone to compare."""

Runner = Callable[..., "Tensor | tuple[Tensor, ...]"]
"""An export that was loaded: called as the module is, it returns what the module does, named tuples as plain ones."""


class Comparison(Record):
    """An export beside its module, on random inputs."""

    difference: float
    """The largest of any output from the module's, relative to the largest magnitude of that output."""
    spread: float
    """How far the module's outputs for two inputs are apart, by the same measure; the least of all outputs. Where it is
    tiny, the weights let little of an input through, and equal outputs say little."""

    @property
    def tells(self) -> bool:
        return self.spread >= DEAF

    def __str__(self) -> str:
        far = f"relative difference {self.difference:.1e}" if self.difference else "bit-equal"
        return far if self.tells else f"{far}, which says little: with these weights outputs hardly depend on inputs"


def compare(runner: Runner, graph: Graph, module: nn.Module, batch: Batch) -> Comparison:
    """The largest relative difference of any output from the module's, over the batch sizes of `probes`.

    Raises `InternalError` if it is above `TOLERANCE`, and `WeightsError` if the module's own outputs are not finite:
    then nothing can be compared.
    """
    worst, spread = 0.0, math.inf
    for size in probes(batch):
        given = inputs_of(graph, module, size)
        with plain(module):
            module.eval()
            expected = tensors(module(*given))
            others = tensors(module(*(x.flip(-1).neg() for x in given)))
            with at_work("the export"):
                found = tensors(runner(*given))
        if len(found) != len(expected):
            raise InternalError(f"the export returns {len(found)} values, the module {len(expected)}")
        for name, value, reference, other in zip(output_names(graph), found, expected, others, strict=True):
            if not math.isfinite(float(reference.abs().max())):
                raise WeightsError(
                    f"with these weights the module's own {name} is infinite or not a number, so that an export cannot "
                    "be compared with it"
                )
            far = difference(value, reference)
            if not far <= TOLERANCE:
                raise InternalError(
                    f"the export's {name} differs from the module's by {far:.1e} of its largest value (batch {size})"
                )
            worst, spread = max(worst, far), min(spread, difference(other, reference))
    return Comparison(worst, spread)


def difference(value: Tensor, reference: Tensor) -> float:
    """The largest difference, relative to the reference's largest magnitude; infinite for another shape or type, or for
    what is no number."""
    if value.shape != reference.shape or value.dtype != reference.dtype:
        return math.inf
    apart = float((value.to(reference.device) - reference).abs().max())
    scale = float(reference.abs().max())
    if not (math.isfinite(apart) and math.isfinite(scale)):
        return math.inf
    if scale == 0:
        return math.inf if apart else 0.0
    return apart / scale
