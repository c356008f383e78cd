"""One job measured: every variant built and checked, then all timed side by side."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from resdsl.records import Record
from resdsl.runtime.bench.bed import Bed
from resdsl.runtime.bench.calls import Agreement, Call, call_of, compare, tolerance
from resdsl.runtime.bench.job import BASELINE, CONTROL, Job, LeftOutError, told
from resdsl.runtime.bench.memory import activations, peak_memory
from resdsl.runtime.bench.protocol import interleave, timer_of
from resdsl.runtime.bench.results import Case, Entry
from resdsl.runtime.bench.variants import VARIANTS, Variant

WARM_UPS = {"cpu": 2, "cuda": 20}

_EXACT = Variant("exact", Bed.exact, lambda net, _: lambda *inputs: net(*(x.float() for x in inputs)))
"""The baseline in fp32, for inputs of any type: what every inference is checked against."""


class Cold(Record):
    """What one variant takes in a process of its own. `None` where that cannot be said."""

    setup_seconds: float
    memory_bytes: int | None
    activation_bytes: int | None


@dataclass(slots=True)
class _Checked:
    """Variants that were built, and what was found."""

    calls: dict[str, Call] = field(default_factory=dict)
    agreements: dict[str, Agreement] = field(default_factory=dict)
    said: dict[str, tuple[str, ...]] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def measure(job: Job, names: Iterable[str], *, visits: int, seconds: float | None = None) -> Case:
    """Times some variants of a job, the baseline and its control always among them.

    A variant that cannot be here is left out, one that fails or is wrong is refused, each with its reason. After
    `seconds` no more visits are begun. Raises `RuntimeError` if the baseline cannot be run.
    """
    end = None if seconds is None else time.monotonic() + seconds
    with _device(job):
        bed = Bed(job)
        checked = _check(bed, dict.fromkeys((BASELINE, CONTROL, *names)))
        if BASELINE not in checked.calls:
            raise RuntimeError(f"the baseline cannot be run: {checked.left_out | checked.refused}")
        with bed.mode(), _no_compilation():
            times = interleave(
                checked.calls,
                visits=visits,
                warm_up=WARM_UPS[job.device],
                timer=timer_of(job.device),
                until=lambda: end is not None and time.monotonic() > end,
            )
    entries = {
        name: Entry(taken, checked.agreements[name].worst, said=checked.said[name]) for name, taken in times.items()
    }
    return _case(bed, entries, checked)


def _check(bed: Bed, names: Iterable[str]) -> _Checked:
    """Builds every variant and compares what it computes with the baseline, which training steps take as it is."""
    with bed.mode():
        expected = built(VARIANTS[BASELINE] if bed.job.train else _EXACT, bed).evidence()
    found = _Checked()
    if bed.note:
        found.left_out[bed.job.peer] = bed.note
    for name in names:
        bed.said.clear()
        try:
            call = built(VARIANTS[name], bed)
            with bed.mode():
                agreement = compare(call.evidence(), expected, tolerance(bed))
        except LeftOutError as reason:
            found.left_out[name] = str(reason)
        except Exception as error:  # noqa: BLE001 - other people's compilers fail in ways of their own; it is told
            found.refused[name] = told(error)
        else:
            if agreement.holds:
                found.calls[name], found.agreements[name], found.said[name] = call, agreement, tuple(bed.said)
            else:
                found.refused[name] = str(agreement)
    return found


def cold(job: Job, name: str) -> Cold:
    """What one variant takes; for a process that has done nothing else."""
    with _device(job):
        bed = Bed(job)
        variant = VARIANTS[name]
        net = variant.start(bed)
        _synchronize(job)
        start = time.perf_counter()
        call = call_of(variant.build(net, bed), net, bed)
        with bed.mode():
            call()
            _synchronize(job)
            taken = time.perf_counter() - start
            del net, bed
            memory = peak_memory(call, job.device)
            return Cold(taken, memory, activations(call, job.device))


def built(variant: Variant, bed: Bed) -> Call:
    """What is called of a variant. Raises `LeftOutError`, and whatever its compiler raises."""
    if bed.job.train and not variant.trains:
        raise LeftOutError("it does not train")
    net = variant.start(bed)
    return call_of(variant.build(net, bed), net, bed)


@contextmanager
def _device(job: Job) -> Iterator[None]:
    """The settings under which a device is measured, PyTorch's own otherwise."""
    import torch

    before = torch.backends.cudnn.benchmark
    torch.backends.cudnn.benchmark = job.device == "cuda"
    try:
        yield
    finally:
        torch.backends.cudnn.benchmark = before


@contextmanager
def _no_compilation() -> Iterator[None]:
    """Raises `RuntimeError` if anything was compiled meanwhile: a time would be that of other code than was checked."""
    before = _compilations()
    yield
    if _compilations() != before:
        raise RuntimeError("torch.compile compiled again while it was timed")


def _compilations() -> int:
    """Those of this process. Where the compiler was never imported, it is not for the sake of this number either."""
    dynamo = sys.modules.get("torch._dynamo.utils")
    return int(dynamo.counters["stats"]["unique_graphs"]) if dynamo else 0


def _synchronize(job: Job) -> None:
    import torch

    if job.device == "cuda":
        torch.cuda.synchronize()


def _case(bed: Bed, entries: dict[str, Entry], checked: _Checked) -> Case:
    from resdsl.analysis.metrics import metrics

    job, graph = bed.job, bed.graph
    size = ", ".join("x".join(map(str, graph.node(id_).shape.full)) for id_ in graph.inputs)
    how = (job.batch, job.device, job.dtype, job.train)
    return Case(graph.name, bed.peer, size, *how, metrics(graph).macs, entries, checked.left_out, checked.refused)
