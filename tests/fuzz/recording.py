"""What a run of the fuzzers was: the machine, the commit, and what came of each kind of input; kept in record.json."""

from __future__ import annotations

import datetime as dt
import json
import os
import platform
import subprocess
import sys
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from resdsl.files import write_whole
from tests.fuzz.probing import LIMITS, SECONDS

HERE = Path(__file__).parent
RECORD = HERE / "record.json"
CASES = HERE.parent / "cases" / "fuzz"


@dataclass(slots=True)
class Tally:
    """What came of the inputs of one kind."""

    inputs: int = 0
    bytes: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    """Of the processor, the making of the inputs included."""
    worst_seconds: float = 0.0
    worst_input: str = ""
    """The name of the slowest, from which `run.py --show` makes it again."""

    def add(self, other: Tally) -> None:
        self.inputs += other.inputs
        self.bytes += other.bytes
        self.outcomes += other.outcomes
        self.seconds += other.seconds
        if other.worst_seconds > self.worst_seconds:
            self.worst_seconds, self.worst_input = other.worst_seconds, other.worst_input


@dataclass(slots=True)
class Run:
    """One run; the tallies by kind."""

    began: str
    commit: str
    machine: str
    python: str
    command: str
    kinds: dict[str, Tally] = field(default_factory=dict)
    codes: set[str] = field(default_factory=set)
    """Codes of all diagnostics that came up."""
    peak_megabytes: float = 0.0
    """The most that a process had which ran thousands of inputs, Python and the compiler included."""
    findings: list[str] = field(default_factory=list)
    """The cases that were written."""

    def tally(self, kind: str) -> Tally:
        return self.kinds.setdefault(kind, Tally())

    def as_json(self) -> dict[str, Any]:
        kinds = {}
        for kind, tally in self.kinds.items():
            rate = round(tally.inputs / tally.seconds) if tally.seconds else 0
            kinds[kind] = {
                "inputs": tally.inputs,
                "mean_bytes": round(tally.bytes / max(1, tally.inputs)),
                "outcomes": dict(sorted(tally.outcomes.items())),
                "cpu_seconds": round(tally.seconds, 1),
                "per_cpu_second": rate,
                "worst_cpu_seconds": round(tally.worst_seconds, 3),
                "worst_input": tally.worst_input,
            }
        return {
            "began": self.began,
            "commit": self.commit,
            "machine": self.machine,
            "python": self.python,
            "command": self.command,
            "limits": asdict(LIMITS) | {"cpu_seconds_an_input": SECONDS},
            "inputs": sum(tally.inputs for tally in self.kinds.values()),
            "worst_cpu_seconds": round(max((tally.worst_seconds for tally in self.kinds.values()), default=0), 3),
            "peak_megabytes": round(self.peak_megabytes),
            "codes": len(self.codes),
            "findings": self.findings,
            "kinds": kinds,
        }


def begun(command: list[str]) -> Run:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return Run(now, _commit(), _machine(), python, " ".join(command))


def _commit() -> str:
    """The commit of the compiler, with a plus behind it if its code is not that commit's."""
    folder = HERE.parents[1]
    git = ["git", "-C", str(folder)]
    try:
        commit = subprocess.run([*git, "rev-parse", "--short=12", "HEAD"], capture_output=True, text=True, check=True)
        changed = subprocess.run([*git, "status", "--porcelain", "resdsl"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return commit.stdout.strip() + ("+" if changed.stdout.strip() else "")


def _machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        named = [
            line.partition(":")[2].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = named[0] if named else model
    return f"{model}, {os.cpu_count()} cores, {sys.platform}"


def save(run: Run, path: Path = RECORD) -> None:
    """Enters a run in the record, in the place of what was there of the same run."""
    runs = json.loads(path.read_text(encoding="utf-8"))["runs"] if path.exists() else []
    runs = [one for one in runs if one["began"] != run.began] + [run.as_json()]
    by_kind: Counter[str] = Counter()
    for one in runs:
        for kind, tally in one["kinds"].items():
            by_kind[kind] += tally["inputs"]
    summary = {
        "inputs": sum(one["inputs"] for one in runs),
        "inputs_by_kind": dict(by_kind),
        "worst_cpu_seconds": max(one["worst_cpu_seconds"] for one in runs),
        "peak_megabytes": max(one["peak_megabytes"] for one in runs),
        "findings": sum(len(one["findings"]) for one in runs),
    }
    write_whole(path, json.dumps({**summary, "runs": runs}, indent=1) + "\n")


def write_case(name: str, data: bytes) -> str:
    """A failing input as a case of the regression test; returns the name of its file. One that is there stays."""
    CASES.mkdir(parents=True, exist_ok=True)
    path = CASES / f"{name}.res"
    if not path.exists():
        path.write_bytes(data)
    return path.name
