"""`resdsl check resnet50` against `import torch`, as whole processes; and how checking and compiling grow with depth.

Run it as `python benchmarks/front_end.py`; `--no-write` keeps the results as they are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from _measure import figures, interleave, ratio, report

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


def start_up() -> dict[str, Any]:
    """A check of ResNet-50 against `import torch`, by the clock and by the processor."""
    commands = {"check resnet50": ("-m", "resdsl", "check", "resnet50"), "import torch": ("-c", "import torch")}
    cpu: dict[str, list[float]] = {name: [] for name in commands}

    def once(name: str) -> None:
        cpu[name].append(run(*commands[name]).cpu)

    wall = interleave({name: partial(once, name) for name in commands}, visits=10, calls=2)
    check, torch = commands
    return {
        "check_over_import_torch": ratio(wall[check], wall[torch]),
        "check_over_import_torch_cpu": ratio(cpu[check], cpu[torch]),
        "seconds": {name: figures(times) for name, times in wall.items()},
        "cpu_seconds": {name: figures(times) for name, times in cpu.items()},
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
        "check_seconds_by_layers": {layers: figures(seconds) for layers, seconds in times.items()},
        "compile_12020": {"peak_gib": cost.peak, "seconds": time.perf_counter() - began, "cpu_seconds": cost.cpu},
    }


def main() -> None:
    result = start_up()
    with tempfile.TemporaryDirectory() as folder:
        report("front_end", {**result, **depth(Path(folder))})


if __name__ == "__main__":
    main()
