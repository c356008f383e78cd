"""What the README shows is true: its specs check, its code is what the compiler writes."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

import resdsl
from resdsl.cli import main
from resdsl.diagnostics import Report
from resdsl.elaborate import check, load_program
from resdsl.source import Source

README = Path(resdsl.__file__).parents[1] / "README.md"


def fences() -> list[tuple[str, str]]:
    """Language and text of each fenced block."""
    found: list[tuple[str, str]] = []
    language, lines = None, []
    for line in README.read_text(encoding="utf-8").splitlines():
        if line.startswith("```") and language is None:
            language, lines = line[3:], []
        elif line.startswith("```"):
            found.append((language or "", "\n".join(lines) + "\n"))
            language = None
        else:
            lines.append(line)
    return found


def test_its_specs_check() -> None:
    specs = [text for language, text in fences() if not language and "model " in text]
    assert len(specs) == 2
    for text in specs:
        report = Report()
        check(load_program(Source("README.res", text), report), report)
        assert not list(report)


def test_its_code_is_what_the_compiler_writes() -> None:
    code = next(text for language, text in fences() if language == "python" and text.startswith("class "))
    assert code in resdsl.load("resnet50").source()


def test_its_figures_are_right() -> None:
    text = README.read_text(encoding="utf-8")
    assert f"net.summary().params        # {resdsl.load('resnet50', classes=10).summary().params}" in text
    assert f"{len(resdsl.load('resnet50').source().splitlines())} lines in all" in text


def test_its_message_is_what_one_reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (net,) = (text for language, text in fences() if not language and "shortcut pool_project" in text)
    (message,) = (text for language, text in fences() if text.startswith("mine.res:"))
    (tmp_path / "mine.res").write_text(net.replace(" shortcut pool_project", ""), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()) as err:
        assert main(["check", "mine.res", "--format", "full"]) == 1
    assert err.getvalue() + out.getvalue() == message
