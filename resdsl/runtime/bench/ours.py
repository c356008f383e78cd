"""Variants of our own net."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import TYPE_CHECKING

from resdsl.runtime.bench.calls import Forward, call_of
from resdsl.runtime.bench.job import LeftOutError
from resdsl.runtime.bench.peers import channels_last
from resdsl.runtime.bench.protocol import interleave, timer_of

if TYPE_CHECKING:
    from torch import nn

    from resdsl.runtime.bench.bed import Bed
    from resdsl.runtime.inference import Compiled


def plain(net: nn.Module, bed: Bed) -> Forward:
    """The module that `resdsl compile` writes, as it is."""
    if not bed.peer:
        raise LeftOutError("it is eager itself: no library's network is known to be the same")
    return net


def plain_channels_last(net: nn.Module, bed: Bed) -> Forward:
    """The module that `resdsl compile` writes, in channels-last layout."""
    return channels_last(net, bed)


def layout(net: nn.Module, bed: Bed) -> Forward:
    """The module that `resdsl compile` writes, in the layout that a short measurement finds faster."""
    tried = {name: copy.deepcopy(net) for name in _LAYOUTS}
    calls = {name: call_of(_LAYOUTS[name](module, bed), module, bed) for name, module in tried.items()}
    with bed.mode():
        times = interleave(calls, visits=_TRIALS, timer=timer_of(bed.job.device))
    return _LAYOUTS[min(times, key=lambda name: times[name].p20)](net, bed)


def fused(_net: nn.Module, bed: Bed) -> Forward:
    """What `resdsl compile --for inference` writes: rewritten, fused, and tuned on this machine."""
    found: Forward = _compiled(bed).call
    return found


def auto(_net: nn.Module, bed: Bed) -> Forward:
    """What `resdsl compile --for inference --engine auto` chooses: the fused source, an AOTInductor package or ONNX."""
    from resdsl.runtime.inference.engines import fastest_engine

    if bed.job.device != "cpu" or bed.job.dtype != "fp32":
        raise LeftOutError("engines are chosen for fp32 on the CPU")
    engine = fastest_engine(_compiled(bed), bed.job.batch)
    bed.said += [f"the engine is {engine.name}", *engine.notes]
    found: Forward = engine.call
    return found


def _compiled(bed: Bed) -> Compiled:
    from resdsl.runtime.inference import InferenceError, compile_inference

    job = bed.job
    try:
        made = compile_inference(
            job.graph, bed.state, device=job.device, dtype=str(bed.dtype).removeprefix("torch."), batch=job.batch
        )
    except InferenceError as error:
        raise LeftOutError(str(error)) from error
    bed.said += made.notes
    return made


def _contiguous(net: nn.Module, _bed: Bed) -> Forward:
    return net


_LAYOUTS: dict[str, Callable[[nn.Module, Bed], Forward]] = {"contiguous": _contiguous, "channels last": channels_last}
_TRIALS = 5
"""Visits of each layout."""
