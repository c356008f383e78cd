"""The canonical form: what it is, that it is reached at once, and that nothing is lost on the way."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from resdsl.diagnostics import InternalError, Report
from resdsl.limits import Limits
from resdsl.source import Source
from resdsl.syntax import parse
from resdsl.syntax.format import comparing, format_source
from resdsl.syntax.grammar import grammar

ROOT = Path(__file__).parents[3]
CASES = sorted((ROOT / "tests" / "cases" / "format").glob("*.res"))
FENCE = re.compile(r"^```res[^\n]*\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def formatted(text: str, name: str = "t.res") -> str:
    report = Report()
    result = format_source(Source(name, text), report)
    assert result is not None, [str(fault.span) + fault.message for fault in report]
    return result


def words(text: str) -> list[str]:
    """What the author wrote: all tokens but newlines, semicolons and the commas that end lists. Comments included."""
    tokens = [token for token in grammar().lex(text, 0, len(text)) if token.type not in {"_NL", "_SEMI"}]
    plain = [token.type for token in tokens if token.type != "COMMENT"] + [""]
    kept, at = [], 0
    for token in tokens:
        if token.type != "COMMENT":
            at += 1
            if token.type == "COMMA" and plain[at] in {"RPAR", "RSQB"}:
                continue
        kept.append(token.rstrip())
    comments = [word for word in kept if word.startswith("#")]
    return [word for word in kept if not word.startswith("#")] + comments


def corpus() -> list[tuple[str, str]]:
    """Every text of the project that parses."""
    folders = [ROOT / "specs", ROOT / "resdsl", ROOT / "examples", ROOT / "tests"]
    texts = [(str(path.relative_to(ROOT)), path.read_text()) for d in folders for path in sorted(d.rglob("*.res"))]
    for page in sorted((ROOT / "docs").rglob("*.md")):
        texts += [
            (f"{page.name} {number}", found["text"]) for number, found in enumerate(FENCE.finditer(page.read_text()))
        ]
    return [(name, text) for name, text in texts if parses(text)]


def parses(text: str) -> bool:
    report = Report()
    parse(Source("t.res", text), report)
    return not report.failed


def test_every_text_of_the_project() -> None:
    texts = corpus()
    assert len(texts) > 200
    for name, text in texts:
        once = formatted(text, name)
        assert words(once) == words(text), name
        assert formatted(once, name) == once, name
        assert all(len(line.split("#")[0].rstrip()) <= 120 or '"' in line for line in once.splitlines()), name


def test_what_ships_is_canonical() -> None:
    for folder in ("specs", "resdsl", "examples"):
        for path in sorted((ROOT / folder).rglob("*.res")):
            assert formatted(path.read_text(), path.name) == path.read_text(), path


@pytest.mark.parametrize("path", [path for path in CASES if ".formatted" not in path.name], ids=lambda path: path.stem)
def test_form(path: Path) -> None:
    wanted = path.with_suffix(".formatted.res").read_text()
    assert formatted(path.read_text()) == wanted
    assert formatted(wanted) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('let a = 1\r\n\r\n# b\r\nlet c = "d  "', 'let a = 1\n\n# b\nlet c = "d  "\n'),
        ("let a = 1\t \n\t\n", "let a = 1\n"),
        ("\n\n", ""),
        ("", ""),
        (";", ""),
    ],
)  # fmt: skip
def test_ends_of_lines(text: str, wanted: str) -> None:
    assert formatted(text) == wanted


def test_faults_are_reported_and_nothing_is_made() -> None:
    report = Report()
    assert format_source(Source("t.res", "block b {\n  f(1\n}\nlet = 3"), report) is None
    assert len(report.errors) == 2


def test_deep_texts() -> None:
    depth = 190
    text = "block b { " + "{ " * depth + "f" + " }" * depth + " }"
    assert formatted(formatted(text)) == formatted(text)
    brackets = "let a = " + "(" * 1_000 + "1" + ")" * 1_000
    result = format_source(Source("t.res", brackets), Report(), limits=Limits(nesting=2_000))
    assert result is not None
    assert "".join(result.split()) == "".join(brackets.split())


def test_a_wrong_result_never_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    import resdsl.syntax.format.aligning as module

    for wrong in ("let a = 2\n", "let a = 1\nlet b = 1\n", "let a =\n", "# c\nlet a = 1\n"):
        monkeypatch.setattr(module, "render", lambda _lines, _source, wrong=wrong: wrong)
        with pytest.raises(InternalError, match="something else"):
            formatted("let a = 1")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("let a = 1", "let a = 2"),
        ("let a = 1K", "let a = 1000"),
        ("block b { f }", "block b { f() }"),
        ("block b { f; g }", "block b { f -> g }"),
        ("block b { f }", "block b { { f } }"),
        ("let a = 1 # b", "let a = 1 # c"),
        ("# a\nlet b = 1", "\n# a\nlet b = 1"),
    ],
)  # fmt: skip
def test_differences_are_seen(one: str, other: str) -> None:
    files = [parse(Source("t.res", text), Report()) for text in (one, other)]
    assert comparing.difference(*files)
    assert not comparing.difference(files[0], files[0])
