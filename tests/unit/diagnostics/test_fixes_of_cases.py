"""Every fix that is offered for the wrong specs of tests/cases/errors, carried out."""

from __future__ import annotations

from pathlib import Path

import pytest

from resdsl.api import Checked, inspect
from resdsl.diagnostics import Diagnostic, Fix
from resdsl.diagnostics.fixes import admissible, edited, mend
from resdsl.source import Source
from resdsl.specs import Spec

CASES = Path(__file__).parents[2] / "cases" / "errors"
FILES = [path for path in sorted(CASES.glob("*.res")) if not path.name.startswith("limit-")]  # they take their time


def look(path: Path, source: Source | None = None) -> Checked:
    return inspect(Spec(path, None), source=source)


def offers(path: Path) -> list[tuple[Source, Diagnostic, Fix]]:
    checked = look(path)
    if checked.source is None:
        return []
    found = ((d, admissible(d, checked.source, unsafe=True)) for d in checked.report)
    return [(checked.source, diagnostic, fix) for diagnostic, fix in found if fix]


OFFERS = [(path, *offer) for path in FILES for offer in offers(path)]


def test_there_are_fixes_to_carry_out() -> None:
    assert sum(fix.safe for *_, fix in OFFERS) >= 15
    assert sum(not fix.safe for *_, fix in OFFERS) >= 10


@pytest.mark.parametrize(
    ("path", "source", "diagnostic", "fix"), OFFERS, ids=[f"{path.stem}-{d.code}" for path, _, d, _ in OFFERS]
)
def test_a_fix_mends_its_fault(path: Path, source: Source, diagnostic: Diagnostic, fix: Fix) -> None:
    """Carried out alone it takes this fault away, and makes none of the text."""
    before, after = look(path, source).report, look(path, edited(source, fix.edits)).report
    same = (diagnostic.code, diagnostic.message)
    count = [sum((d.code, d.message) == same for d in report) for report in (before, after)]
    assert count[1] < count[0]
    assert len(after.errors) <= len(before.errors)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_mending_ends_and_never_makes_it_worse(path: Path) -> None:
    before = look(path)
    if before.source is None:
        return
    for unsafe in (False, True):
        mended = mend(before.source, lambda source: look(path, source), unsafe=unsafe)
        assert len(mended.found.report.errors) <= len(before.report.errors)
        again = mend(mended.source, lambda source: look(path, source), unsafe=unsafe)
        assert again.source.text == mended.source.text
