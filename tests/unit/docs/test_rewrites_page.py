"""docs/rewrites.md: its table has every pass, and each makes of its example what the page says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.backends.res import to_res
from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.passes import PASSES, find_pass, rewrite
from resdsl.source import Source

PAGE = (Path(__file__).parents[3] / "docs" / "rewrites.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| \[`(\w+)`\]\(#(\w+)\) \| (.*) \| (.*) \|$", re.MULTILINE)
EXAMPLE = re.compile(r"^```res\n(.*?)^```\n\nbecomes\n\n```res\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_the_table_has_every_pass() -> None:
    rows = [(name, summary, said.strip()) for name, anchor, summary, said in ROW.findall(PAGE) if name == anchor]
    assert rows == [(name, find_pass(name).summary, "the same" if find_pass(name).trains else "") for name in PASSES]


def _examples() -> list[tuple[str, str, str]]:
    found = []
    for section in PAGE.split("\n## ")[1:]:
        (name,) = re.findall(r"^`(\w+)`", section)[:1] or [""]
        found += [(name, before, after) for before, after in EXAMPLE.findall(section)]
    return found


def test_there_is_an_example_of_most() -> None:
    assert len({name for name, _, _ in _examples()}) >= 9


@pytest.mark.parametrize(("name", "before", "after"), [pytest.param(*one, id=one[0]) for one in _examples()])
def test_examples_are_true(name: str, before: str, after: str) -> None:
    report = Report()
    program = load_program(Source("before.res", before), report)
    (model,) = program.models
    graph = build(program, model, report)
    report.raise_if_failed()
    assert graph is not None
    assert to_res(rewrite(graph, [name]).graph) == after
