"""Syntax faults whose mend is known: what would be written, and whether that is what must have been meant."""

from __future__ import annotations

import pytest

from resdsl.diagnostics import Report
from resdsl.diagnostics.fixes import admissible, edited
from resdsl.source import Source
from resdsl.syntax import parse

SAFE = [
    ("expect params = 3", "expect params == 3"),
    ("if a = 2 { bn }", "if a == 2 { bn }"),
    ("let a: 2", "let a = 2"),
    ("conv(3, 8, stride:2)", "conv(3, 8, stride = 2)"),
    ("let a = 2**3", "let a = 2^3"),
    ("conv(3, 8) \u2192 bn", "conv(3, 8) -> bn"),
    ("conv(3, 8)\u2192bn", "conv(3, 8) -> bn"),
    ("input 3\u00d7224\u00d7224", "input 3x224x224"),
    ("2 \u00d7 bn", "2 x bn"),
    ("2\u00d7bn", "2 x bn"),
    ("let a = 3 \u2212 2", "let a = 3 - 2"),
    ("let a = 3 \u2264 4", "let a = 3 <= 4"),
    ("conv(3,\u00a08)", "conv(3, 8)"),
    ("if a && b { bn }", "if a and b { bn }"),
    ("if !a { bn }", "if not a { bn }"),
    ("conv(3, 8, padding_mode='zeros')", 'conv(3, 8, padding_mode="zeros")'),
    ("require a else \u201cno\u201d", 'require a else "no"'),
]
UNSAFE = [
    ("head = conv(3, 8)", "head: conv(3, 8)"),  # or `let head = ...`
    ("conv(3, 8), bn", "conv(3, 8) -> bn"),  # or a merge
    ("w = 32", "let w = 32"),
    ("widths = [16, 32]", "let widths = [16, 32]"),
    ("residual { bn } gate sigmoid", "residual { bn } gate { sigmoid }"),
    ("residual { bn } gate conv(3, 8, bias=-(1 + 1))", "residual { bn } gate { conv(3, 8, bias=-(1 + 1)) }"),
    ("dense conv(3, 8)", "dense { conv(3, 8) }"),
]
NONE = ["if a == 2:", "let a = 3 $ 4", "require a else 'no", "require a else 'a \"b\" c'"]


def mended(statement: str, *, unsafe: bool) -> str | None:
    """The statement after the likeliest fix of its first fault; `None` without one."""
    report = Report()
    source = Source("t.res", f"model m {{\n  {statement}\n}}\n")
    parse(source, report)
    fix = admissible(report.sorted()[0], source, unsafe=unsafe)
    return None if fix is None else edited(source, fix.edits).text.split("\n", 1)[1].removesuffix("\n}\n").strip()


@pytest.mark.parametrize(("statement", "meant"), SAFE)
def test_what_must_have_been_meant(statement: str, meant: str) -> None:
    assert mended(statement, unsafe=False) == meant
    report = Report()
    parse(Source("t.res", f"model m {{\n  {meant}\n}}\n"), report)
    assert not list(report)


@pytest.mark.parametrize(("statement", "meant"), UNSAFE)
def test_what_has_to_be_looked_at(statement: str, meant: str) -> None:
    assert mended(statement, unsafe=False) is None
    assert mended(statement, unsafe=True) == meant


@pytest.mark.parametrize("statement", NONE)
def test_nothing_is_guessed(statement: str) -> None:
    assert mended(statement, unsafe=True) is None


@pytest.mark.parametrize(
    ("text", "meant"), [("modle m {\n}\n", "model m {\n}\n"), ("// a comment\n", "# a comment\n"), ("q m {\n}\n", None)]
)
def test_items(text: str, meant: str | None) -> None:
    report, source = Report(), Source("t.res", text)
    parse(source, report)
    fix = admissible(report.sorted()[0], source)
    assert (edited(source, fix.edits).text if fix else None) == meant
