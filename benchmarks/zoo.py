"""What checking the networks that ship takes, each in turn, in one process without PyTorch.

Run it as `python benchmarks/zoo.py`; `--no-write` keeps the results as they are.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from _measure import report

ROOT = Path(__file__).resolve().parent.parent
VISITS = 5

# Its own process: what is measured must not import torch, which the machine's description does.
PROGRAM = """
import gc, json, sys, time
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.resources import root
from resdsl.specs import Spec

gc.disable()  # as the command has it
seconds = {}
for path in sorted(root("specs").rglob("*.res")):
    report = Report()
    began = time.perf_counter()
    program = load_program(Spec(path, None).read(report), report)
    read = time.perf_counter() - began
    names = [name for name, info in program.models.items() if info.buildable]
    for name in names:
        began = time.perf_counter()
        build(program, name, report)
        seconds[name] = time.perf_counter() - began + read / len(names)
    gc.collect()
    assert not list(report), list(report)
assert "torch" not in sys.modules
print(json.dumps(seconds))
"""


def run(*arguments: str) -> str:
    """Python in the checkout."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True).stdout


def checks() -> dict[str, Any]:
    """Seconds a model, its share of reading the file included: the fastest of several visits."""
    visits = [json.loads(run("-c", PROGRAM)) for _ in range(VISITS)]
    best = {name: min(visit[name] for visit in visits) for name in visits[0]}
    slowest = sorted(best, key=best.__getitem__, reverse=True)[:5]
    return {
        "models": len(best),
        "mean_seconds": statistics.mean(best.values()),
        "mean_seconds_of_the_slowest_visit": max(statistics.mean(visit.values()) for visit in visits),
        "median_seconds": statistics.median(best.values()),
        "slowest": {name: best[name] for name in slowest},
    }


def listing() -> float:
    """Seconds of `resdsl zoo`, which elaborates everything: the fastest of three."""
    taken = []
    for _ in range(3):
        began = time.perf_counter()
        run("-m", "resdsl", "zoo")
        taken.append(time.perf_counter() - began)
    return min(taken)


def main() -> None:
    report("zoo", {"check": checks(), "resdsl_zoo_seconds": listing()})


if __name__ == "__main__":
    main()
