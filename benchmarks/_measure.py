"""What the benchmarks keep: results with the machine, as files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from resdsl.runtime.bench.machine import machine
from resdsl.runtime.bench.results import as_json

RESULTS = Path(__file__).parent / "results"


def report(name: str, result: dict[str, Any]) -> None:
    """Print the result and keep it under benchmarks/results."""
    whole = {"machine": machine(), **as_json(result)}
    text = json.dumps(whole, indent=2)
    print(text)
    if "--no-write" not in sys.argv:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"{name}.json").write_text(text + "\n")
