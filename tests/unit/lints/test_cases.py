"""Specs with what the lints must say of them, beside the line: tests/cases/lints/README.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import Checked, inspect
from resdsl.diagnostics import Diagnostic, Severity
from resdsl.diagnostics.codes import CODES
from resdsl.lints import RULES
from resdsl.lints.silence import UNKNOWN_CODE, WITHOUT_EFFECT, WITHOUT_REASON
from resdsl.source import Source
from resdsl.specs import Spec
from tests.unit.diagnostics import _cases

FOLDER = Path(__file__).parents[2] / "cases" / "lints"
NAMES = sorted(path.name for path in FOLDER.glob("*.res"))
ALLOWS = (WITHOUT_REASON, WITHOUT_EFFECT, UNKNOWN_CODE)


def checked(name: str, text: str) -> Checked:
    return inspect(Spec(Path(name), None), source=Source(name, text))


def warnings(case: _cases.Case) -> tuple[Diagnostic, ...]:
    return checked(case.name, case.text).report.sorted()


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str) -> None:
    case = _cases.read_case(FOLDER, name)
    found = warnings(case)
    assert case.expected
    assert _cases.compare(case, found) == []
    assert {diagnostic.severity for diagnostic in found} == {Severity.WARNING}


def test_the_cases_cover_all_rules_and_each_rule_has_a_code_and_a_docstring() -> None:
    expected = {place.code for name in NAMES for place in _cases.read_case(FOLDER, name).expected}
    codes = [rule.code for rule in RULES]
    assert expected == {*codes, *ALLOWS}
    assert codes == sorted(set(codes))
    assert {*codes, *ALLOWS} == {code for code in CODES if code.startswith("W")} - {"W501"}
    for rule in RULES:
        assert rule.__doc__
        assert len(rule.__doc__) > 60


def test_a_missing_and_an_unexpected_warning_are_seen(tmp_path: Path) -> None:
    (tmp_path / "a.res").write_text("let a = 1\nblock b {\n  let c = 1  #! W503 @3\n  relu\n}\n", encoding="utf-8")
    case = _cases.read_case(tmp_path, "a.res")
    assert [line.split(":")[0] for line in _cases.compare(case, warnings(case))] == ["missing", "unexpected"]


@pytest.mark.parametrize("name", NAMES)
def test_mended_texts_are_without_the_warning(name: str) -> None:
    """Every fix, one at a time, takes its warning away and makes no error; a safe one changes no net."""
    text = _cases.read_case(FOLDER, name).text
    before = checked(name, text).report.sorted()
    for diagnostic in before:
        for fix in diagnostic.fixes:
            mended = text
            for edit in sorted(fix.edits, key=lambda edit: -edit.span.start):
                mended = mended[: edit.span.start] + edit.text + mended[edit.span.end :]
            after = checked(name, mended).report
            assert not after.failed, (mended, after.errors)
            codes = [each.code for each in after]
            assert codes.count(diagnostic.code) < [each.code for each in before].count(diagnostic.code), mended
