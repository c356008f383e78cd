"""Probes of the language: `tests/cases/language/*.res`, each with what must come of it.

`#= model NAME` begins what must hold of a model: `keys`, `output`, `params`, `macs`, `depth`, `units`, `survival` (one
chance a unit), `stride`, `aux`, `kinds`. `#! E301 14` beside a line is a diagnostic that must begin there, at that
column. A missing one and an unexpected one both fail.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.analysis.metrics import metrics
from resdsl.diagnostics import Report
from resdsl.elaborate import Program, build, check, load_program
from resdsl.graph import Graph
from resdsl.graph.text import to_text
from resdsl.graph.verify import verify
from resdsl.source import Source

FOLDER = Path(__file__).parents[2] / "cases" / "language"
CASES = sorted(FOLDER.glob("*.res"))

Place = tuple[int, int, str]
Expectations = dict[str, dict[str, str]]


def expected_diagnostics(text: str) -> list[Place]:
    """Line, column and code of each `#!`."""
    found: list[Place] = []
    for number, line in enumerate(text.splitlines(), 1):
        for marks in re.findall(r"#!((?: [EW]\d{3} \d+)+)", line):
            words = marks.split()
            found.extend((number, int(column), code) for code, column in zip(words[::2], words[1::2], strict=True))
    return sorted(found)


def expected_values(text: str) -> Expectations:
    """For each model, what is said of it; lines about the same thing are joined."""
    models: Expectations = {}
    current: dict[str, str] = {}
    for line in text.splitlines():
        if match := re.match(r"#= (\w+) ?(.*)$", line):
            what, value = match.groups()
            if what == "model":
                current = models.setdefault(value, {})
            else:
                current[what] = f"{current[what]} {value}" if what in current else value
    return models


def actual_value(graph: Graph, what: str) -> str:
    figures = metrics(graph)
    match what:
        case "keys":
            return " ".join(key for key, _, _ in graph.weights())
        case "output":
            return " ".join(
                f"{o.name}:{s}" if o.name else str(s) for o, s in zip(graph.outputs, figures.output, strict=True)
            )
        case "survival":
            return " ".join(str(u.survival.chance if u.survival else 1) for u in graph.units)
        case "aux":
            return " ".join(f"{a.name}:{a.weight}" for a in graph.aux)
        case "stride":
            return "x".join(str(axis) for axis in graph.node(graph.outputs[0].node).stride)
        case "kinds":
            return " ".join(node.op.kind for node in graph.nodes())
    return str(getattr(figures, what))


def load(path: Path) -> tuple[Program, Report]:
    report = Report()
    program = load_program(Source(str(path), path.read_text(encoding="utf-8")), report)
    return program, report


def test_there_are_cases() -> None:
    assert len(CASES) >= 60
    assert len({path.name[:3] for path in CASES}) == len(CASES), "a number is used twice"


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    program, report = load(path)
    check(program, report)
    found = [(*d.span.source.position(d.span.start), d.code) for d in report if d.span.source.name == str(path)]
    assert sorted(found) == expected_diagnostics(text), "\n".join(f"{d.span}: {d.code} {d.message}" for d in report)
    for model, values in expected_values(text).items():
        graph = build(program, model, report)
        assert graph is not None
        verify(graph)
        assert to_text(graph) == to_text(graph)
        assert {what: actual_value(graph, what) for what in values} == values


def test_every_case_expects_something() -> None:
    for path in CASES:
        text = path.read_text(encoding="utf-8")
        assert expected_diagnostics(text) or expected_values(text), path.name


def test_the_runner_sees_a_wrong_expectation(tmp_path: Path) -> None:
    path = tmp_path / "001-wrong.res"
    path.write_text(
        "model net {\n  input 3x8x8\n  conv(3, 4)  #! E301 3\n}\n#= model net\n#= params 5\n", encoding="utf-8"
    )
    with pytest.raises(AssertionError):
        test_case(path)
    path.write_text("model net {\n  input 3x8x8\n  conv(3, 4)\n}\n#= model net\n#= params 5\n", encoding="utf-8")
    with pytest.raises(AssertionError):
        test_case(path)
