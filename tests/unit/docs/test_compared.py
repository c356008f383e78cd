"""docs/compared.md: ours finds all fifteen mistakes, where they are; PyTorch finds them when the page says."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from resdsl.api import inspect
from resdsl.specs import Spec

ROOT = Path(__file__).parents[3]
COMPARED = ROOT / "benchmarks" / "compared"
PAGE = (ROOT / "docs" / "compared.md").read_text(encoding="utf-8")

EXPECTED = {
    "m01_addition": ("E301", "residual {"),
    "m02_groups": ("E303", "conv(3, 16, groups=7)"),
    "m03_argument": ("E120", "strid=2"),
    "m04_operator": ("E101", "rellu"),
    "m05_cycle": ("E101", "from total"),
    "m06_kernel": ("E304", "40"),
    "m07_dangling": ("E403", "side: conv(3, 16)"),
    "m08_stride": ("E301", "residual {"),
    "m09_missing": ("E121", "conv(3)"),
    "m10_type": ("E208", '"three"'),
    "m11_duplicate": ("E102", "conv1: conv(3, 16)\n  relu1"),
    "m12_import": ("E110", '"blocks.res"'),
    "m13_flatten": ("E302", "linear(10)"),
    "m14_classes": ("E212", "expect output == 10"),
    "m15_concat": ("E301", "concat {"),
}
"""The code of each, and the words of the file that are at fault."""


@pytest.fixture(scope="module")
def run() -> ModuleType:
    described = importlib.util.spec_from_file_location("compared", COMPARED / "run.py")
    assert described is not None
    assert described.loader is not None
    module = sys.modules["compared"] = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def test_there_are_fifteen(run: ModuleType) -> None:
    assert list(run.MISTAKES) == list(EXPECTED)
    assert len(EXPECTED) == 15


@pytest.mark.parametrize("name", EXPECTED)
def test_ours_finds_it_at_its_place(name: str) -> None:
    code, words = EXPECTED[name]
    path = COMPARED / "resdsl" / f"{name}.res"
    text = path.read_text(encoding="utf-8")
    assert text.count(words) == 1
    (fault,) = inspect(Spec(path, None)).report.errors
    assert fault.code == code
    line = text.count("\n", 0, text.index(words)) + 1
    assert fault.span.line == line
    assert text.index(words) <= fault.span.start <= text.index(words) + len(words)


def test_the_net_without_mistakes_passes_everywhere(run: ModuleType) -> None:
    assert run.ours("m00_right").stage == run.pytorch("m00_right").stage == "never"
    recorded = json.loads(run.RESULTS.read_text(encoding="utf-8"))
    assert {tool: found["results"]["m00_right"]["stage"] for tool, found in recorded.items()} == dict.fromkeys(
        run.RIVALS, "never"
    )


def test_the_page_says_when_and_where(run: ModuleType) -> None:
    rows = [line.split(" | ") for line in PAGE.splitlines() if re.match(r"\| \d+\. ", line)]
    assert len(rows) == len(EXPECTED)
    for (name, mistake), row in zip(run.MISTAKES.items(), rows, strict=True):
        mine, theirs = run.ours(name), run.pytorch(name)
        assert mistake in row[0]
        assert row[1] == mine.place
        assert row[2].rpartition(", ")[0] == ("" if theirs.stage == "never" else run._when(theirs.stage))
        assert mine.message in PAGE


def test_what_the_page_quotes_is_recorded(run: ModuleType) -> None:
    """The other tools' part of the page is what the record gives."""
    table = PAGE.partition(run.MARK)[2].partition("## In their own words")[0]
    lines = run.page().splitlines()
    for row in table.splitlines():
        if re.match(r"\| \d+\. ", row):
            assert row in lines
    assert "| **15 of 15** |" in table
