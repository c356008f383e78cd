"""The memory of a call: what is resident or allocated at most."""

from __future__ import annotations

import gc
import re
from collections.abc import Callable
from pathlib import Path

_STATUS, _RESET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_memory(run: Callable[[], object], device: str, calls: int = 3) -> int | None:
    """The most bytes while it runs: resident in this process, on CUDA allocated. `None`: the system does not say."""
    if device == "cuda":
        return _cuda_peak(run, calls)
    gc.collect()
    try:
        _RESET.write_text("5", encoding="ascii")  # the peak starts again from what is resident now: proc(5)
        for _ in range(calls):
            run()
        found = re.search(r"^VmHWM:\s*(\d+) kB$", _STATUS.read_text(encoding="ascii"), re.MULTILINE)
    except OSError:
        return None
    return 1024 * int(found[1]) if found else None


def activations(run: Callable[[], object], device: str) -> int | None:
    """The most bytes that PyTorch's allocator holds for one call beyond what stays; `None` if it is asked for none."""
    import torch

    if device == "cuda":
        torch.cuda.synchronize()
        before = torch.cuda.memory_allocated()
        return (_cuda_peak(run, 1) - before) or None
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        run()
    results = profiler.profiler.kineto_results if profiler.profiler else None
    events = [event for event in results.events() if event.name() == "[memory]"] if results else []
    held = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        held += event.nbytes()
        most = max(most, held)
    return most or None


def _cuda_peak(run: Callable[[], object], calls: int) -> int:
    import torch

    torch.cuda.reset_peak_memory_stats()
    for _ in range(calls):
        run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated()
