"""`resdsl check resnet50` against `import torch`, as whole processes; and how checking and compiling grow with depth.

    python benchmarks/front_end.py
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _measure import figures, interleave, ratio, report

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


def run(*arguments: str) -> None:
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)


def compile_memory(spec: Path) -> float:
    """Peak resident memory of `compile --no-verify`, in GiB."""
    run("-m", "resdsl", "compile", str(spec), "--no-verify", "-o", str(spec.with_suffix(".py")))
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20


def main() -> None:
    start = interleave(
        {
            "check resnet50": lambda: run("-m", "resdsl", "check", "resnet50"),
            "import torch": lambda: run("-c", "import torch"),
        },
        visits=10,
        calls=2,
    )
    with tempfile.TemporaryDirectory() as folder:
        specs = {}
        for depth in (1202, 12_020):
            specs[depth] = Path(folder) / f"cifar{depth}.res"
            specs[depth].write_text(CIFAR.format(n=(depth - 2) // 6))
        grow = interleave(
            {f"check {depth} layers": lambda p=path: run("-m", "resdsl", "check", str(p)) for depth, path in specs.items()},
            visits=4,
            calls=1,
        )
        began = time.perf_counter()
        memory = compile_memory(specs[12_020])
        seconds = time.perf_counter() - began
    report(
        "front_end",
        {
            "check_over_import_torch": ratio(start["check resnet50"], start["import torch"]),
            "check_12020_over_1202": ratio(grow["check 12020 layers"], grow["check 1202 layers"]),
            "compile_12020": {"peak_gib": memory, "seconds": seconds},
            "seconds": {name: figures(times) for name, times in {**start, **grow}.items()},
        },
    )


if __name__ == "__main__":
    main()
