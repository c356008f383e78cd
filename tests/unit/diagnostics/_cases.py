"""Wrong specs as files, with what must be said of them: tests/cases/errors/README.md describes the notation."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import NamedTuple

from resdsl.diagnostics import Diagnostic, Report
from resdsl.diagnostics.render import render_full
from resdsl.elaborate import check, load_program
from resdsl.limits import Limits
from resdsl.source import Source

FOLDER = Path(__file__).parents[2] / "cases" / "errors"

MARK = r'[EW]\d{3} @\d+(?: "[^"]*")?'
_MARKS = re.compile(rf"[ \t]*#!((?: {MARK})+)$", re.MULTILINE)
_ONE_MARK = re.compile(r'([EW]\d{3}) @(\d+)(?: "([^"]*)")?')
_ELSEWHERE = re.compile(rf"^#! at (\S+):(\d+)((?: {MARK})+)$", re.MULTILINE)
_LIMITS = re.compile(r"^#! with((?: \w+=\d+)+)$", re.MULTILINE)
_USED = re.compile(r'^use "([^"]+)"', re.MULTILINE)
_UNREAD = re.compile(r"#!.*$", re.MULTILINE)


class Place(NamedTuple):
    file: str
    line: int
    column: int
    code: str


@dataclass(frozen=True)
class Case:
    """One wrong spec: its text without the marks, and what they say."""

    name: str
    text: str
    limits: Limits
    expected: dict[Place, str]
    """Each diagnostic with a part of its message (perhaps empty)."""


def unmarked(text: str) -> str:
    """The text as a person would have written it; lines and columns stay."""
    return _MARKS.sub("", _LIMITS.sub("", _ELSEWHERE.sub("", text)))


def marks(name: str, text: str) -> dict[Place, str]:
    """What the marks of one file say."""
    found: dict[Place, str] = {}
    for file, line, all_marks in _ELSEWHERE.findall(text):
        for code, column, part in _ONE_MARK.findall(all_marks):
            found[Place(file, int(line), int(column), code)] = part
    for number, line in enumerate(text.split("\n"), 1):
        for all_marks in _MARKS.findall(line):
            for code, column, part in _ONE_MARK.findall(all_marks):
                found[Place(name, number, int(column), code)] = part
    left = _UNREAD.search(unmarked(text))
    assert left is None, f"{name}: not a mark: {left[0] if left else ''}"
    return found


def read_case(folder: Path, name: str) -> Case:
    """A case, with the marks of the files that it imports."""
    text = (folder / name).read_text(encoding="utf-8")
    expected = marks(name, text)
    seen, waiting = {name}, [name]
    while waiting:
        here = waiting.pop()
        for path in _USED.findall((folder / here).read_text(encoding="utf-8")):
            used = Path(os.path.normpath(Path(here).parent / path)).as_posix()
            if used not in seen and (folder / used).is_file():
                seen.add(used)
                waiting.append(used)
                expected |= marks(used, (folder / used).read_text(encoding="utf-8"))
    given = _LIMITS.search(text)
    limits = dict(word.split("=") for word in given[1].split()) if given else {}
    return Case(name, unmarked(text), Limits(**{key: int(value) for key, value in limits.items()}), expected)


def diagnose(case: Case) -> tuple[Diagnostic, ...]:
    """Everything that is said of a case. What it imports is read below the working directory."""
    report = Report()
    check(load_program(Source(case.name, case.text), report, limits=case.limits), report)
    return report.sorted()


def lay_out(folder: Path, into: Path) -> None:
    """The files that cases import, without their marks."""
    for path in folder.glob("parts/*.res"):
        copy = into / path.relative_to(folder)
        copy.parent.mkdir(exist_ok=True)
        copy.write_text(unmarked(path.read_text(encoding="utf-8")), encoding="utf-8")


def compare(case: Case, found: tuple[Diagnostic, ...]) -> list[str]:
    """What is missing, what is unexpected, and what is said in other words."""
    said = {Place(d.span.source.name, d.span.line, d.span.column, d.code): d.message for d in found}
    wrong = [f"missing: {place}" for place in case.expected if place not in said]
    wrong += [f"unexpected: {place} {message}" for place, message in said.items() if place not in case.expected]
    wrong += [
        f"said in other words: {place}: {said[place]!r} has no {part!r}"
        for place, part in case.expected.items()
        if place in said and part not in said[place]
    ]
    return wrong


def run_case(folder: Path, name: str) -> None:
    """Compares the diagnostics of a case with its marks, and their rendering with the text beside it."""
    case = read_case(folder, name)
    found = diagnose(case)
    assert case.expected, "a case without a mark"
    rendered = render_full(found)
    wrong = compare(case, found)
    assert not wrong, "\n".join([*wrong, rendered])
    golden = (folder / name).with_suffix(".txt")
    if os.environ.get("RESDSL_ACCEPT"):
        golden.write_text(rendered, encoding="utf-8")
    said = golden.read_text(encoding="utf-8")
    assert rendered == said, "\n".join(unified_diff(said.splitlines(), rendered.splitlines(), golden.name, "now"))
