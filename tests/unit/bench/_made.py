"""Results as they might be, made by hand."""

from __future__ import annotations

from resdsl.runtime.bench import Case, Entry, Results
from resdsl.runtime.bench.protocol import Times

MACHINE = {
    "processor": "P", "cores": 2, "vectors": "AVX2", "threads": 2, "system": "Linux x86_64", "python": "3.11",
    "resdsl": "0.1.0", "torch": "2.13.0", "date": "2026-11-22",
}  # fmt: skip


def entry(milliseconds: float, spread: float = 0.01, **options: object) -> Entry:
    """Calls between the given time and `spread` more."""
    seconds = milliseconds / 1000
    times = Times(seconds, seconds * (1 + spread / 2), seconds * (1 + spread), 30)
    return Entry(times, 1e-6, **options)


def case(net: str, ours: float, *, batch: int = 1, spread: float = 0.01, dtype: str = "fp32") -> Case:
    """Eager takes 100 ms, ours as many as given, whose times have a spread."""
    entries = {
        "eager": entry(100, setup_seconds=0.1, memory_bytes=2**29, activation_bytes=2**20),
        "control": entry(101),
        "ours": entry(ours, spread, setup_seconds=0.5, said=("channels last",)),
    }
    left_out = {"aoti": "it needs a C++ compiler, and there is no g++"}
    refused = {"frozen": "its outputs differ by 1.0e+00, and 0.0001 is allowed"}
    return Case(net, f"torchvision:{net}", "3x224x224", batch, "cpu", dtype, False, 10**9, entries, left_out, refused)


def results(*cases: Case, unfinished: tuple[str, ...] = ()) -> Results:
    peak = {"gflops": 100.0, "shape": "3x3, 64 to 64, 56x56, batch 1", "call": "packed"}
    return Results(MACHINE, 15, cases, {"fp32": peak}, unfinished)
