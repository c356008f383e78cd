"""Every code has a page, and the pages are true: the failing example gives that code alone, the fixed one nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.api import check, load
from resdsl.diagnostics import CompileError
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.explain import explain
from resdsl.limits import DEFAULT, Limits
from resdsl.resources import root
from resdsl.specs import Spec

EXAMPLE = re.compile(r"^```res(?: (?P<info>[^\n]*))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
LIMITS = {
    "E007": Limits(nesting=5),
    "E008": Limits(bits=64),
    "E021": Limits(file_bytes=60),
    "E220": Limits(seconds=0.1),
    "E413": Limits(items=100),
}
"""What the pages say that their examples are run with: at the default limits they would be long."""


def test_codes_and_pages_are_one_to_one() -> None:
    assert sorted(path.stem for path in root("diagnostics").glob("*.md")) == sorted(CODES)
    assert list(CODES) == sorted(CODES)
    assert all(re.fullmatch(r"[EW][0-6]\d\d", code) for code in CODES)


def test_explain_takes_either_case_and_knows_its_own_codes_only() -> None:
    code = next(iter(CODES))
    assert explain(code.lower()) == explain(code) is not None
    assert explain("E999") is None
    assert explain("../codes") is None


@pytest.mark.parametrize("code", CODES)
def test_page(code: str, tmp_path: Path) -> None:
    page = explain(code)
    assert page is not None
    assert page.startswith(f"# {code}: {CODES[code]}\n")
    examples = [(match["info"] or "", match["text"]) for match in EXAMPLE.finditer(page)]
    failing = [text for info, text in examples if info == code]
    fixed = [text for info, text in examples if info == ""]
    assert failing
    assert fixed
    assert len(failing) + len(fixed) == len(examples)
    path = tmp_path / "net.res"
    for text in failing:
        assert _codes(path, text, LIMITS.get(code, DEFAULT), backend=code.startswith("E6")) == {code}
    for text in fixed:
        assert _codes(path, text, LIMITS.get(code, DEFAULT), backend=code.startswith("E6")) == set()


def _codes(path: Path, text: str, limits: Limits, *, backend: bool) -> set[str]:
    """The codes that a file gives. In a page, `\\xNN` in a text stands for that byte, which Markdown could not hold."""
    path.write_bytes(re.sub(rb"\\x([0-9a-f]{2})", lambda found: bytes([int(found[1], 16)]), text.encode()))
    report, _ = check(Spec(path, None), limits=limits)
    codes = {diagnostic.code for diagnostic in report}
    return codes | _codes_of_text(path) if backend else codes


def _codes_of_text(path: Path) -> set[str]:
    """What a net gives that is right when it is made text again."""
    try:
        load(path).text()
    except CompileError as error:
        return {diagnostic.code for diagnostic in error.diagnostics}
    return set()
