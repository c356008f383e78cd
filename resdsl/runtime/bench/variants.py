"""The variants by name: what each starts from and how it is built."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.records import Record
from resdsl.runtime.bench import ours, peers
from resdsl.runtime.bench.bed import Bed
from resdsl.runtime.bench.calls import Forward
from resdsl.runtime.bench.job import BASELINE, CONTROL

if TYPE_CHECKING:
    from torch import nn


class Variant(Record):
    """`start` makes the module, no part of the set-up; `build` makes of it what is called, or raises `LeftOutError`."""

    name: str
    start: Callable[[Bed], nn.Module]
    build: Callable[[nn.Module, Bed], Forward]
    ours: bool = False
    trains: bool = False
    """Whether a training step can be made with it."""

    @property
    def summary(self) -> str:
        """One line."""
        return (self.build.__doc__ or "").strip().partition("\n")[0].rstrip(".")


def _timm(bed: Bed) -> nn.Module:
    return bed.elsewhere("timm")


VARIANTS = {
    variant.name: variant
    for variant in (
        Variant(BASELINE, Bed.baseline, peers.eager, trains=True),
        Variant(CONTROL, Bed.baseline, peers.control, trains=True),
        Variant("eager_fp32", Bed.exact, peers.eager_fp32),
        Variant("channels_last", Bed.baseline, peers.channels_last, trains=True),
        Variant("compile", Bed.baseline, peers.compiled, trains=True),
        Variant("reduce_overhead", Bed.baseline, peers.reduce_overhead, trains=True),
        Variant("frozen", Bed.baseline, peers.frozen),
        Variant("aoti", Bed.baseline, peers.aoti),
        Variant("onnxruntime", Bed.baseline, peers.onnxruntime),
        Variant("timm", _timm, peers.timm, trains=True),
        Variant("plain", Bed.plain, ours.plain, ours=True, trains=True),
        Variant("plain_channels_last", Bed.plain, ours.plain_channels_last, ours=True, trains=True),
        Variant("ours", Bed.plain, ours.fused, ours=True),
        Variant("auto", Bed.plain, ours.auto, ours=True),
        Variant("layout", Bed.plain, ours.layout, ours=True, trains=True),
    )
}

PEERS = tuple(name for name, variant in VARIANTS.items() if not variant.ours and name != CONTROL)
OURS = tuple(name for name, variant in VARIANTS.items() if variant.ours)


def chosen(names: Iterable[str], among: tuple[str, ...]) -> tuple[str, ...]:
    """Names of variants, each once. Raises `ValueError` for one that there is not."""
    found = tuple(dict.fromkeys(names))
    for name in found:
        if name not in among:
            near = did_you_mean(name, among)
            hint = f"did you mean {near}?" if near else f"there are {', '.join(among)}"
            raise ValueError(f"there is no variant {name!r}; {hint}")
    return found
