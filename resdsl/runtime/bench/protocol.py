"""Measuring side by side on a machine that others use too: calls interleaved, ratios with brackets, no rash verdicts.

Each visit makes three calls of one variant and drops the first, which finds the caches and the threads of another; the
order rotates. A figure is the 20th percentile. A ratio comes with its bracket: what minimum and median say instead.
Where these disagree by more than `WIDEST` there is no verdict. Beside the variants runs a control, a second module
equal to the baseline: what it differs by is no difference.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from resdsl.records import Record

WIDEST = 0.05
"""A bracket wider than this, relative to its lower end, gives no verdict."""
FEWEST = 3
"""Visits that are made even after the time is over."""
NOISY = "too noisy to say"

Run = Callable[[], object]
Timer = Callable[[Run], float]
"""Makes one call and says how many seconds it took."""


class Times(Record):
    """Calls of one variant, in seconds."""

    min: float
    p20: float
    """The 20th percentile: what is compared."""
    median: float
    calls: int


class Ratio(Record):
    """How long one takes, another being 1 (or how much faster the other is), with the bracket around it."""

    ratio: float
    low: float
    high: float

    @property
    def width(self) -> float:
        """Of the bracket, relative to its lower end."""
        return self.high / self.low - 1


def wall(clock: Callable[[], float] = time.perf_counter) -> Timer:
    """A timer that reads a clock before and after the call."""

    def seconds(run: Run) -> float:
        start = clock()
        run()
        return clock() - start

    return seconds


def cuda_events() -> Timer:
    """A timer on the current CUDA device: from one event to another, both in the stream of the call."""
    import torch

    event: Any = torch.cuda.Event  # PyTorch gives it no types
    start, end = event(enable_timing=True), event(enable_timing=True)

    def seconds(run: Run) -> float:
        start.record()
        run()
        end.record()
        end.synchronize()
        return float(start.elapsed_time(end)) / 1000

    return seconds


def timer_of(device: str) -> Timer:
    """The timer for what runs on a device."""
    return cuda_events() if device == "cuda" else wall()


def interleave(
    variants: Mapping[str, Run],
    *,
    visits: int,
    calls: int = 3,
    warm_up: int = 1,
    timer: Timer | None = None,
    until: Callable[[], bool] = lambda: False,
) -> dict[str, Times]:
    """The times of each variant, by `timer` (the wall's clock otherwise).

    Each visit makes `calls` calls of one variant and drops the first (of several); the order rotates. It ends after
    `visits` rounds, or after `FEWEST` once `until` says that the time is over.
    """
    measure = timer or wall()
    names = list(variants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(warm_up):
        for run in variants.values():
            measure(run)
    for visit in range(visits):
        if visit >= FEWEST and until():
            break
        for offset in range(len(names)):
            name = names[(visit + offset) % len(names)]
            taken = [measure(variants[name]) for _ in range(calls)]
            times[name] += taken[1:] or taken
    return {name: figures(taken) for name, taken in times.items()}


def figures(times: Sequence[float]) -> Times:
    """The 20th percentile with the minimum and median around it."""
    ordered = sorted(times)
    return Times(ordered[0], ordered[len(ordered) // 5], statistics.median(ordered), len(ordered))


def ratio(a: Times, b: Times) -> Ratio:
    """How long `a` takes, `b` being 1: at the 20th percentile, bracketed by minimum and median."""
    of = (a.p20 / b.p20, a.min / b.min, a.median / b.median)
    return Ratio(of[0], min(of), max(of))


def mean(ratios: Iterable[Ratio]) -> Ratio:
    """The geometric mean, of the ratios and of the ends of their brackets."""
    found = list(ratios)
    return Ratio(
        statistics.geometric_mean(one.ratio for one in found),
        statistics.geometric_mean(one.low for one in found),
        statistics.geometric_mean(one.high for one in found),
    )


def verdict(speed: Ratio, control: Ratio | None = None) -> str:
    """`faster`, `slower`, `no difference`, or that the bracket, or the control's, is too wide to say.

    `speed` above 1 is faster. A difference that an equal module shows too, the `control`, is none.
    """
    if speed.width > WIDEST or (control is not None and control.width > WIDEST):
        return NOISY
    margin = 1.0 if control is None else max(control.high, 1 / control.low)
    if speed.low > margin:
        return "faster"
    if speed.high < 1 / margin:
        return "slower"
    return "no difference"
