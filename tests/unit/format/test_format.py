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


LONG = ", ".join(f"width_{i}=channels" for i in range(6))

LINE = "\n"

CASES = {
    "blanks": (
        "model   net( n=3 ,k = 1 ){\n\tconv( 3 ,8,stride = 2 )->bn\n}",
        "model net(n = 3, k = 1) {\n  conv(3, 8, stride=2) -> bn\n}\n",
    ),
    "operators": (
        "let a=-b+2 ^ -1*( c - 1 )if not d<=e or f else[1,-2][ 0 ]",
        "let a = -b + 2^-1 * (c - 1) if not d <= e or f else [1, -2][0]\n",
    ),
    "long arguments": (
        "block b { f(a = 1, s = 2 then 1, t = (1 if c else 2) then 1, u=a*b, v=w if x else y, z= - 1, y = not a, g = [1]) }",
        "block b { f(a=1, s = 2 then 1, t = (1 if c else 2) then 1, u = a * b, v = w if x else y, z=-1, y=not a, g=[1]) }\n",
    ),
    "labels": (
        'block b[ ] { layer{ s+1 }a [ ] : 2  x f;[ ]: g;[ 3 ]:h; "q{i}" [] : k; keep m{ i }, n }',
        'block b[] { layer{s + 1}a[]: 2 x f; []: g; [3]: h; "q{i}"[]: k; keep m{i}, n }\n',
    ),
    "products": ("block b { ( n-2 )/6  x  f; 2 * n x{ relu } }", "block b { (n - 2) / 6 x f; 2 * n x { relu } }\n"),
    "auxiliary": ("block b { aux( 0.3 )a : f(  ); x }", "block b { aux (0.3) a: f(); x }\n"),
    "targets": ("block b { for i,( a,b ) in[ 1 ] { f } }", "block b { for i, (a, b) in [1] { f } }\n"),
    "fields": ("block b { f( in . channels , a . size [ 0 ] ) }", "block b { f(in.channels, a.size[0]) }\n"),
    "statements": (
        "block b { f;; g;\n  h }",
        "block b {\n  f\n  g\n  h\n}\n",
    ),
    "definitions": ("let a = 1; let b = 2\n;use std:c,d", "let a = 1\nlet b = 2\nuse std: c, d\n"),
    "blank lines": (
        "\n\nlet a = 1\n\n\n\nlet b = 2\nblock c {\n\n  f\n\n\n  g\n\n}\n\n\n",
        "let a = 1\n\nlet b = 2\nblock c {\n  f\n\n  g\n}\n",
    ),
    "a short flow": ("block b {\n  f\n    -> g\n  -> h\n}", "block b {\n  f -> g -> h\n}\n"),
    "a last comma": ("let a = [\n  1,\n  2,\n]\nblock b(c,) { f(d,) }", "let a = [1, 2]\nblock b(c) { f(d) }\n"),
    "empty braces": ("block b{}\nblock c {\n\n}", "block b { }\nblock c { }\n"),
    "branches": (
        "block b { add{|f;|g |h} }\nblock c {\n concat {\n | f\n g\n for i in a { | h }\n let z = 1\n | k } }",
        "block b { add { | f | g | h } }\nblock c {\n  concat {\n    | f\n      g\n    for i in a { | h }\n      let z = 1\n    | k\n"
        "  }\n}\n",
    ),
    "clauses stay": (
        "block b {\n  residual { f }\n  shortcut { g }\n  if a { f }\n  else if b { g }\n  else { h }\n}",
        "block b {\n  residual { f }\n    shortcut { g }\n  if a { f }\n  else if b { g }\n  else { h }\n}\n",
    ),
    "clauses join": (
        "block b {\n  residual {\n f }\n  shortcut { g }\n  if a {\n f }\n  else { h }\n}",
        "block b {\n  residual {\n    f\n  } shortcut { g }\n  if a {\n    f\n  } else { h }\n}\n",
    ),
    "a long flow": (
        "block b {\n" + " -> ".join(["convolution(3, 64)"] * 7) + "\n}",
        "block b {\n  "
        + " -> ".join(["convolution(3, 64)"] * 5)
        + "\n    "
        + "-> convolution(3, 64) " * 1
        + "-> convolution(3, 64)\n}\n",
    ),
    "a long body": (
        f"block b {{ first: convolution({LONG[:-20]}) -> bn }}",
        f"block b {{\n  first: convolution({LONG[:-20]}) -> bn\n}}\n",
    ),
    "long brackets": (
        f"block b(a, {LONG.replace('=', ' = ')}) {{ f }}\nmodel a = b({LONG}, {LONG}) {{ expect depth == 18 }}",
        f"block b(\n  a, {LONG.replace('=', ' = ').replace(' width_5', LINE + '  width_5')}\n) {{ f }}\n"
        f"model a = b(\n  {LONG},\n  {LONG}\n) {{ expect depth == 18 }}\n",
    ),
    "brackets in brackets": (
        f"model a = b([{LONG}], g({LONG}), 3, 4)".replace("=c", " == c"),
        f"model a = b(\n  [\n    {LONG}\n  ],\n  g(\n    {LONG}\n  ), 3, 4\n)\n".replace("=c", " == c").replace(
            " width_5", "\n    width_5"
        ),
    ),
    "comments": (
        "#a\n  # b  \nblock b { # c\n      # d\n  f # e\n  # f\n\n\n  # g\n} # h\n# i",
        "#a\n\n# b\nblock b {  # c\n  # d\n  f  # e\n  # f\n\n  # g\n}  # h\n# i\n",
    ),
    "comments within": (
        "block b(\n c, # one\n # two\n d # three\n # four\n) {\n f # five\n -> g\n # six\n -> h\n residual { f } # seven\n"
        " shortcut g\n}",
        "block b(\n  c,  # one\n  # two\n  d  # three\n  # four\n) {\n  f  # five\n    -> g\n    # six\n    -> h\n"
        "  residual { f }  # seven\n    shortcut g\n}\n",
    ),
    "comments belong to what follows": (
        "block b {\n add {\n # one\n | f\n # two\n g\n # three\n | h\n # four\n }\n}",
        "block b {\n  add {\n    # one\n    | f\n      # two\n      g\n    # three\n    | h\n    # four\n  }\n}\n",
    ),
    "no header is made": ("\n# a\nlet b = 1", "\n# a\nlet b = 1\n"),
    "columns": (
        "model a   = b(1)    { expect depth == 1 }  # c\nmodel abc = b(12)   { expect depth == 1 }  # d\nlet e  = 1",
        "model a   = b(1)  { expect depth == 1 }  # c\nmodel abc = b(12) { expect depth == 1 }  # d\nlet e = 1\n",
    ),
    "comments keep their column": (
        "block b {\n  f         # one\n  gg # two\n  hhhhhhhh( 1,2,3 )# three\n}",
        "block b {\n  f         # one\n  gg  # two\n  hhhhhhhh(1, 2, 3)  # three\n}\n",
    ),
    "comments give way together": (
        "block b {\n  f(a,b,c)  # one\n  g         # two\n}",
        "block b {\n  f(a, b, c)  # one\n  g           # two\n}\n",
    ),
    "ends of lines": ('let a = 1\r\n\r\n# b\r\nlet c = "d  "', 'let a = 1\n\n# b\nlet c = "d  "\n'),
    "nothing": ("\n\n", ""),
}


@pytest.mark.parametrize("name", CASES)
def test_form(name: str) -> None:
    text, wanted = CASES[name]
    assert formatted(text) == wanted
    assert formatted(wanted) == wanted


def test_faults_are_reported_and_nothing_is_made() -> None:
    report = Report()
    assert format_source(Source("t.res", "block b {\n  f(1\n}\nlet = 3"), report) is None
    assert [fault.code for fault in report.errors] and report.failed


def test_deep_texts() -> None:
    depth = 190
    text = "block b { " + "{ " * depth + "f" + " }" * depth + " }"
    assert formatted(formatted(text)) == formatted(text)
    brackets = "let a = " + "(" * 1_000 + "1" + ")" * 1_000
    result = format_source(Source("t.res", brackets), Report(), limits=Limits(nesting=2_000))
    assert result is not None and "".join(result.split()) == "".join(brackets.split())


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
