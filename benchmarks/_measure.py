"""Measuring side by side: variants interleaved in one process, ratios with their brackets, results with the machine."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    model = platform.processor()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = (line.split(":", 1) for line in info.read_text().splitlines() if ":" in line)
        model = next((value.strip() for key, value in lines if key.strip() == "model name"), model)
    import torch

    return {
        "processor": model,
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }


def interleave(
    variants: Mapping[str, Callable[[], object]],
    *,
    visits: int,
    calls: int = 3,
    warm_up: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, list[float]]:
    """Seconds of each call, by `clock`. Each visit makes `calls` calls of one variant and drops the first (of several);
    the order rotates."""
    names = list(variants)
    times: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(warm_up):
        for call in variants.values():
            call()
    for visit in range(visits):
        for offset in range(len(names)):
            name = names[(visit + offset) % len(names)]
            for number in range(calls):
                start = clock()
                variants[name]()
                taken = clock() - start
                if number or calls == 1:
                    times[name].append(taken)
    return times


def figures(times: list[float]) -> dict[str, float]:
    """The 20th percentile with the minimum and median around it, in seconds."""
    ordered = sorted(times)
    return {
        "min": ordered[0],
        "p20": ordered[len(ordered) // 5],
        "median": statistics.median(ordered),
        "calls": len(ordered),
    }


def ratio(a: list[float], b: list[float]) -> dict[str, float]:
    """How long `a` takes, `b` being 1: at the 20th percentile, and the bracket from minimum and median."""
    fa, fb = figures(a), figures(b)
    low, high = sorted((fa["min"] / fb["min"], fa["median"] / fb["median"]))
    return {"ratio": fa["p20"] / fb["p20"], "low": low, "high": high}


def report(name: str, result: dict[str, Any]) -> None:
    """Print the result and keep it under benchmarks/results."""
    whole = {"machine": machine(), **result}
    text = json.dumps(whole, indent=2)
    print(text)
    if "--no-write" not in sys.argv:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(text + "\n")
