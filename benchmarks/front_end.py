"""`resdsl check` of a network and of a spec of 100 lines against `import torch`, as whole processes; how checking and
compiling grow with depth, and the time per line of checking with the length of the text.

Run it as `python benchmarks/front_end.py`; `--no-write` keeps the results as they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from _measure import report

from resdsl.api import inspect
from resdsl.limits import Limits
from resdsl.runtime.bench.protocol import figures, interleave, ratio, wall
from resdsl.source import Source
from resdsl.specs import Spec

ROOT = Path(__file__).resolve().parent.parent

CIFAR = """
use std: basic, pad
model net {{
  input 3x32x32
  conv(3, 16) -> bn -> relu
  stage layer1: {n} x basic(16, skip=pad)
  stage layer2: {n} x basic(32, stride = 2 then 1, skip=pad)
  stage layer3: {n} x basic(64, stride = 2 then 1, skip=pad)
  avgpool -> flatten -> fc: linear(10)
}}
"""

PART = """
block unit{i}(width, stride = 1) {{
  residual {{
    conv(3, width, stride=stride) -> bn -> relu
    conv(3, width) -> bn
  }} shortcut project
  relu
}}

model net{i}(classes = 10) {{
  input 3x32x32
  conv(3, 16) -> bn -> relu
  stage layer1: 2 x unit{i}(16)
  stage layer2: 2 x unit{i}(32, stride = 2 then 1)
  stage layer3: 2 x unit{i}(64, stride = 2 then 1)
  avgpool -> flatten -> fc: linear(classes)
  expect depth >= 14
}}
"""
"""A block and a model of seven units: a text of any length is of these, each under a name of its own."""
LENGTHS = (100, 300, 1_000, 3_000, 10_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a whole process took."""

    cpu: float
    """Seconds, of user and system."""
    peak: float
    """Resident memory, in GiB."""


def run(*arguments: str) -> Cost:
    """Python in the checkout, with bytecode beside the sources as an installed package has it."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    process = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.DEVNULL, cwd=ROOT, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, process.args)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 2**20)


def text(length: int) -> str:
    """A spec of about so many lines."""
    return "use std: project\n" + "".join(PART.format(i=i) for i in range(round(length / PART.count("\n"))))


def start_up(folder: Path) -> dict[str, Any]:
    """Checks of ResNet-50 and of a spec of 100 lines against `import torch`, by the clock and by the processor."""
    hundred = folder / "hundred.res"
    hundred.write_text(text(100), encoding="utf-8")
    commands = {
        "check resnet50": ("-m", "resdsl", "check", "resnet50"),
        "check 100 lines": ("-m", "resdsl", "check", str(hundred)),
        "import torch": ("-c", "import torch"),
    }
    cpu: dict[str, list[float]] = {name: [] for name in commands}

    def once(name: str) -> None:
        cpu[name].append(run(*commands[name]).cpu)

    clock = interleave({name: partial(once, name) for name in commands}, visits=10, calls=2)
    work = {name: figures(seconds) for name, seconds in cpu.items()}
    check, lines, torch = commands
    return {
        "check_over_import_torch": ratio(clock[check], clock[torch]),
        "check_over_import_torch_cpu": ratio(work[check], work[torch]),
        "check_100_lines_over_import_torch": ratio(clock[lines], clock[torch]),
        "check_100_lines_over_import_torch_cpu": ratio(work[lines], work[torch]),
        "seconds": clock,
        "cpu_seconds": work,
    }


def depth(folder: Path) -> dict[str, Any]:
    """How checking grows with depth, and what compiling the deepest net takes."""
    specs = {layers: folder / f"cifar{layers}.res" for layers in (1_202, 12_020)}
    for layers, spec in specs.items():
        spec.write_text(CIFAR.format(n=(layers - 2) // 6), encoding="utf-8")
    times = interleave(
        {str(layers): partial(run, "-m", "resdsl", "check", str(spec)) for layers, spec in specs.items()},
        visits=4,
        calls=1,
    )
    deepest = specs[12_020]
    began = time.perf_counter()
    cost = run("-m", "resdsl", "compile", str(deepest), "--no-verify", "-o", str(deepest.with_suffix(".py")))
    return {
        "check_12020_over_1202": ratio(times["12020"], times["1202"]),
        "check_seconds_by_layers": times,
        "compile_12020": {"peak_gib": cost.peak, "seconds": time.perf_counter() - began, "cpu_seconds": cost.cpu},
    }


def per_line() -> dict[str, Any]:
    """Microseconds of the processor a line of checking, by the length of the text; each variant checks as many lines as
    the longest."""
    lines: dict[str, int] = {}

    def checked(length: int) -> Callable[[], None]:
        source = Source("text.res", text(length))
        count = LENGTHS[-1] // length
        lines[str(length)] = count * source.text.count("\n")

        def run() -> None:
            for _ in range(count):
                found = inspect(Spec(None, None), source=source, limits=Limits(seconds=1_000))
                assert not found.report.errors

        return run

    times = interleave(
        {str(length): checked(length) for length in LENGTHS}, visits=4, calls=1, timer=wall(time.process_time)
    )
    medians = {length: 1e6 * taken.median / lines[length] for length, taken in times.items()}
    return {
        "check_microseconds_per_line_by_lines": medians,
        "check_per_line_largest_over_smallest": max(medians.values()) / min(medians.values()),
    }


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report("front_end", {**start_up(folder), **depth(folder), **per_line()})


if __name__ == "__main__":
    main()
