"""Fifteen mistakes, given to resdsl, to PyTorch as one writes it by hand, and to other tools: who says what, and where.

`python benchmarks/compared/run.py` runs resdsl and PyTorch and prints the page with what was recorded of the others;
`--write` renews docs/compared.md. `--rival TOOL PYTHON` runs another tool (narchi, mlnode, n_orca, neural_dsl) with the
Python it is installed in, and records what it says in benchmarks/results/compared.json.
"""

from __future__ import annotations

import datetime as dt
import json
import runpy
import subprocess
import sys
import traceback
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RESULTS = HERE.parent / "results" / "compared.json"
PAGE = ROOT / "docs" / "compared.md"
MARK = "<!-- made by benchmarks/compared/run.py -->\n"

MISTAKES = {
    "m01_addition": "the branch of a residual has 32 channels, the shortcut 16",
    "m02_groups": "7 groups of 16 channels",
    "m03_argument": "a misspelt argument: `strid`",
    "m04_operator": "an unknown operator: `rellu`",
    "m05_cycle": "a step needs what is computed after it",
    "m06_kernel": "a kernel of 40 on an image of 32, without padding",
    "m07_dangling": "a convolution whose result nobody uses",
    "m08_stride": "a stride in the branch of a residual, none in its shortcut",
    "m09_missing": "a convolution without its width",
    "m10_type": 'a kernel that is called `"three"`',
    "m11_duplicate": "two layers of one name",
    "m12_import": "a block from a file that is not there",
    "m13_flatten": "a linear layer on a map that was not flattened",
    "m14_classes": "100 classes, where the file says 10 are wanted",
    "m15_concat": "a concatenation of maps of unequal sizes",
}
RIVALS = {"mlnode": "MLnode", "n_orca": "N-Orca", "narchi": "narchi", "neural_dsl": "neural-dsl"}
STAGES = {"check": "its check", "build": "building", "forward": "running", "never": "never"}
LONGEST = 400


@dataclass(frozen=True, slots=True)
class Finding:
    stage: str
    """`check`, `import`, `build`, `forward` or `never`."""
    place: str
    message: str


def ours(name: str) -> Finding:
    """What `resdsl check` says first, without PyTorch."""
    from resdsl.api import inspect
    from resdsl.specs import Spec

    report = inspect(Spec(HERE / "resdsl" / f"{name}.res", None)).report
    if not report.errors:
        return Finding("never", "", "")
    first = report.errors[0]
    return Finding("check", f"{first.code} at {first.span.line}:{first.span.column}", first.message)


def pytorch(name: str) -> Finding:
    """The module's file is executed, the module made, and a batch goes through it."""
    import torch

    path = HERE / "pytorch" / f"{name}.py"
    space: dict[str, Any] = {}
    made: list[Any] = []
    steps = {
        "import": lambda: space.update(runpy.run_path(str(path), run_name=name)),
        "build": lambda: made.append(space["Net"]()),
        "forward": lambda: made[0](torch.randn(2, 3, 32, 32)),
    }
    for stage, step in steps.items():
        try:
            step()
        except Exception as error:  # noqa: BLE001 - whatever comes is the message
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
            return Finding(stage, f"line {lines[-1]}", f"{type(error).__name__}: {error}")
    return Finding("never", "", "")


def record(tool: str, python: str) -> None:
    """Runs another tool and keeps what it says."""
    said = subprocess.run([python, str(HERE / "rivals.py"), tool], capture_output=True, text=True, check=True)
    found = json.loads(said.stdout.replace(f"{ROOT}/", ""))
    recorded = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    recorded[tool] = {**found, "date": dt.datetime.now(dt.UTC).date().isoformat()}
    RESULTS.write_text(json.dumps(recorded, indent=2, sort_keys=True) + "\n", encoding="utf-8")


def page() -> str:
    """The table, and what each said in its own words."""
    recorded = json.loads(RESULTS.read_text(encoding="utf-8"))
    titles = [f"{title} {recorded[tool]['version']}" for tool, title in RIVALS.items()]
    heads = ["", "resdsl", f"PyTorch {version('torch').partition('+')[0]}", *titles]
    table = [f"| {' | '.join(heads)} |", f"|{' --- |' * len(heads)}"]
    words: list[str] = []
    totals = [0] * (len(heads) - 1)
    for number, (name, mistake) in enumerate(MISTAKES.items(), 1):
        mine, theirs = ours(name), pytorch(name)
        rivals = {title: recorded[tool]["results"].get(name) for tool, title in RIVALS.items()}
        stages = [mine.stage, theirs.stage, *(found["stage"] if found else "" for found in rivals.values())]
        totals = [total + (stage == "check") for total, stage in zip(totals, stages, strict=True)]
        cells = [mine.place, f"{_when(theirs.stage)}, {theirs.place}".strip(", ")]
        cells += [_when(found["stage"]) if found else "cannot be written" for found in rivals.values()]
        table.append(f"| {number}. {mistake} | {' | '.join(cells)} |")
        words += [f"\n**{number}. {mistake}**\n", *_quoted("resdsl", mine.message), *_quoted("PyTorch", theirs.message)]
        for title, found in rivals.items():
            words += _quoted(title, found["message"] if found else "")
    counts = [f"{total} of {len(MISTAKES)}" for total in totals]
    counts[1] = "none"
    table.append(f"| **found before any module is made** | {' | '.join(f'**{count}**' for count in counts)} |")
    dates = ", ".join(
        f"{title} {recorded[tool]['version']} ({recorded[tool]['date']})" for tool, title in RIVALS.items()
    )
    return "\n".join([*table, "", f"Recorded: {dates}.", "", "## In their own words", *words, ""])


def _when(stage: str) -> str:
    return {**STAGES, "import": "importing"}[stage]


def _quoted(title: str, message: str) -> list[str]:
    """A message as a code block: verbatim but for its middle, where it is long."""
    if not message:
        return []
    text = message
    if len(text) > LONGEST:
        text = f"{text[: LONGEST // 2].rstrip()} [...] {text[-LONGEST // 2 :].lstrip()}"
    lines = "\n".join(f"  {line}".rstrip() for line in text.splitlines())
    return [f"- {title}\n\n  ```text\n{lines}\n  ```"]


def main() -> None:
    if "--rival" in sys.argv:
        record(*sys.argv[sys.argv.index("--rival") + 1 :][:2])
    elif "--write" in sys.argv:
        head = PAGE.read_text(encoding="utf-8").partition(MARK)[0]
        PAGE.write_text(f"{head}{MARK}\n{page()}", encoding="utf-8")
    else:
        print(page())


if __name__ == "__main__":
    main()
