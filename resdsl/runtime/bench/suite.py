"""Several nets under several kinds of call, one process after the other, within a time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from resdsl.graph import Graph
from resdsl.records import Record
from resdsl.runtime.bench.job import CONTROL, Job
from resdsl.runtime.bench.results import Case, Entry, Results, case_of
from resdsl.runtime.bench.worker import Ask, Describe, FindPeak, LateError, Measure, Start, WorkerError, ask

if TYPE_CHECKING:
    from resdsl.passes.lowering import Target

_MARGIN = 0.8
"""Of the time that is left: after it a process begins no more visits, so that it ends before it is ended."""


class Suite(Record):
    """What is measured. Every net under every batch size and type."""

    nets: tuple[tuple[Graph, str], ...]
    """With the `LIBRARY:NAME` of each one's peer, or `""`."""
    variants: tuple[str, ...]
    batches: tuple[int, ...] = (1,)
    dtypes: tuple[str, ...] = ("fp32",)
    device: Target = "cpu"
    train: bool = False
    visits: int = 15
    cold: bool = True
    """Whether set-up and memory are measured, each variant in a process of its own."""
    seconds: float | None = None

    def jobs(self) -> Iterator[Job]:
        for dtype in self.dtypes:
            for batch in self.batches:
                for graph, peer in self.nets:
                    yield Job(graph, peer, batch, self.device, dtype, self.train)


class _Time:
    """What is left of it. Calls raise `LateError` when nothing is."""

    def __init__(self, seconds: float | None) -> None:
        self._end = None if seconds is None else time.monotonic() + seconds

    def left(self) -> float | None:
        if self._end is None:
            return None
        left = self._end - time.monotonic()
        if left <= 0:
            raise LateError
        return left


def run(suite: Suite, tell: Callable[[str], None], ask: Ask = ask) -> Results:
    """Measures everything that the time allows; `tell` hears what is being done.

    What fails is among the unfinished, with the reason. Raises `WorkerError` only if nothing can be measured here.
    """
    clock = _Time(suite.seconds)
    machine = ask(Describe(suite.device), None)
    peaks: dict[str, dict[str, object]] = {}
    cases: list[Case] = []
    unfinished: list[str] = []
    for dtype in () if suite.train else suite.dtypes:
        tell(f"the convolution peak, {dtype}")
        try:
            peaks[dtype] = ask(FindPeak(suite.device, dtype, suite.batches, suite.visits), clock.left())
        except (LateError, WorkerError) as error:
            unfinished.append(_unfinished(f"the convolution peak, {dtype}", error))
    for job in suite.jobs():
        what = f"{job.graph.name}, {job.dtype}, batch {job.batch}"
        try:
            cases.append(_case(suite, job, clock, tell, ask, what))
        except (LateError, WorkerError) as error:
            unfinished.append(_unfinished(what, error))
            continue
        if suite.cold:
            cases[-1], late = _with_cold(cases[-1], job, clock, tell, ask, what)
            unfinished += late
    return Results(machine, suite.visits, tuple(cases), peaks, tuple(unfinished))


def _case(suite: Suite, job: Job, clock: _Time, tell: Callable[[str], None], ask: Ask, what: str) -> Case:
    left = clock.left()
    tell(f"{what}: {len(suite.variants)} variants side by side")
    return case_of(ask(Measure(job, suite.variants, suite.visits, left and _MARGIN * left), left))


def _with_cold(
    case: Case, job: Job, clock: _Time, tell: Callable[[str], None], ask: Ask, what: str
) -> tuple[Case, list[str]]:
    """The case with the set-up and memory of its variants, and those whose time did not come."""
    found: dict[str, Entry] = {}
    late: list[str] = []
    for name, entry in case.entries.items():
        found[name] = entry
        if name == CONTROL:  # it is what the baseline is
            continue
        try:
            left = clock.left()
            tell(f"{what}: set-up and memory of {name}")
            answer = ask(Start(job, name), left)
        except (LateError, WorkerError) as error:
            late.append(_unfinished(f"{what}: set-up and memory of {name}", error))
        else:
            found[name] = Entry(entry.times, entry.difference, **answer, said=entry.said)
    values = {key: getattr(case, key) for key in Case.__match_args__}
    return Case(**{**values, "entries": found}), late


def _unfinished(what: str, error: Exception) -> str:
    return f"{what} ({error})" if str(error) else what
