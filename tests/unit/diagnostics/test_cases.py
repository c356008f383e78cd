"""Every wrong spec of tests/cases/errors gives what its marks say, in the words of the text beside it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from resdsl.api import check
from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.fixes import edited
from resdsl.diagnostics.render import render_full
from resdsl.specs import Spec
from tests.unit.diagnostics import _cases

NAMES = sorted(path.name for path in _cases.FOLDER.glob("*.res"))
BYTES = {"E020": b"model net {\n  input 3x8x8  # caf\xe9\n  relu\n}\n"}
"""Codes of what is no text: these files are made by the test."""


@pytest.fixture(scope="module")
def imports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the cases import."""
    folder = tmp_path_factory.mktemp("cases")
    _cases.lay_out(_cases.FOLDER, folder)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, imports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(imports)
    _cases.run_case(_cases.FOLDER, name)


@pytest.mark.parametrize(("code", "data"), BYTES.items())
def test_bytes(code: str, data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_bytes(data)
    report, _ = check(Spec(path, None))
    assert [(d.code, d.span.line, d.span.column) for d in report] == [(code, 2, 21)]


def test_there_are_many_and_they_cover_all_codes_of_errors() -> None:
    """But those that backends say of a graph without faults: the examples of their pages are run."""
    assert len(NAMES) >= 120
    expected = {place.code for name in NAMES for place in _cases.read_case(_cases.FOLDER, name).expected}
    errors = {code for code in CODES if code.startswith("E") and not code.startswith("E6")}
    assert errors - expected - BYTES.keys() == set()


def test_each_text_has_its_case() -> None:
    texts = {path.stem for path in _cases.FOLDER.glob("*.txt")}
    assert texts == {Path(name).stem for name in NAMES}


@pytest.mark.parametrize("name", NAMES)
def test_fixes_mend_what_they_are_for(name: str, imports: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The likeliest fix of each fault, carried out alone: that fault is gone, and there are no more than before."""
    monkeypatch.chdir(imports)
    case = _cases.read_case(_cases.FOLDER, name)
    found = _cases.diagnose(case)
    for diagnostic in found:
        source = diagnostic.span.source
        if source.name != name or not diagnostic.fixes:
            continue
        fix = diagnostic.fixes[0]
        left = _cases.diagnose(replace(case, text=edited(source, fix.edits).text))
        said = f"{diagnostic.code} at {diagnostic.span} with '{fix.message}':\n{render_full(left)}"
        assert len(left) <= len(found), said
        assert _told(diagnostic) not in map(_told, left), said


def _told(diagnostic: Diagnostic) -> tuple[str, str]:
    """A fault with the text of its line: a fix may add lines above it."""
    return diagnostic.message, diagnostic.span.source.line(diagnostic.span.line)


def test_many_faults_have_fixes() -> None:
    texts = [path.read_text(encoding="utf-8") for path in _cases.FOLDER.glob("*.txt")]
    assert sum(bool(re.search(r"^ *\d+ \+ ", text, re.MULTILINE)) for text in texts) >= 40


WRONG = "model net {\n  input 4x8x8\n  residual { conv(3, 8) }  #! E301 @3\n}\n"


def write(folder: Path, text: str, said: str | None) -> None:
    (folder / "case.res").write_text(text, encoding="utf-8")
    if said is not None:
        (folder / "case.txt").write_text(said, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (WRONG.replace("@3", "@4"), "missing"),
        (WRONG.replace("E301", "E302"), "unexpected"),
        (WRONG.replace("  #! E301 @3", ""), "without a mark"),
        (WRONG.replace("4x8x8", "4x8x8  #! E216 @9"), "missing"),
        (WRONG.replace("@3", '@3 "the moon"'), "other words"),
        (WRONG.replace("@3", "3"), "not a mark"),
        (WRONG + "block b { cnov }\n", "unexpected"),
    ],
)
def test_the_runner_sees_a_wrong_answer(
    text: str, reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, text, "")
    monkeypatch.delenv("RESDSL_ACCEPT", raising=False)
    with pytest.raises(AssertionError, match=reason):
        _cases.run_case(tmp_path, "case.res")


def test_the_runner_compares_the_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, WRONG, "case.res:3:3: error[E301]: something else\n")
    monkeypatch.delenv("RESDSL_ACCEPT", raising=False)
    with pytest.raises(AssertionError, match="something else"):
        _cases.run_case(tmp_path, "case.res")
    monkeypatch.setenv("RESDSL_ACCEPT", "1")
    _cases.run_case(tmp_path, "case.res")
    monkeypatch.delenv("RESDSL_ACCEPT")
    _cases.run_case(tmp_path, "case.res")
    assert "#!" not in (tmp_path / "case.txt").read_text(encoding="utf-8")
