"""The colours: every text is covered without errors, and words are what they are."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from importlib import import_module
from pathlib import Path

import pytest
from pygments import highlight
from pygments.formatters import LatexFormatter
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, String, Token

from resdsl.elaborate.functions import builtins
from resdsl.highlight import FUNCTIONS, ResLexer
from resdsl.limits import Limits
from resdsl.syntax.keywords import KEYWORDS, PREDEFINED_VALUES

ROOT = Path(__file__).parents[3]
TEXTS = [path for folder in ("specs", "resdsl", "examples", "tests") for path in sorted((ROOT / folder).rglob("*.res"))]
VIM = ROOT / "editors" / "vim"
VIM_FULL = shutil.which("vim") and subprocess.run(
    ["vim", "--version"], capture_output=True, text=True, check=True
).stdout.count("+syntax")

TEXT = """\
# title
use std: basic
block unit(width, stride = 1)[] {
  let inner = floor(width * 2^s) if in.channels != 4 else 0.25
  layer{s + 1}: 2 x unit(64, k=3x3, init=none) -> bn
  require true else "{width} is {{wrong}}"
  stage block: relu -> keep gate
  gate: conv(3, x)
}
model net = unit(3) { expect params ~ 25.6M }
"""
WORDS = [
    ("# title", Comment.Single), ("use", Keyword.Namespace), ("std", Name.Namespace), ("block", Keyword.Declaration),
    ("unit", Name.Class), ("stride", Name.Attribute), ("1", Number.Integer), ("let", Keyword.Declaration),
    ("inner", Name.Variable), ("floor", Name.Builtin), ("if", Keyword), ("in", Name.Builtin.Pseudo),
    ("0.25", Number.Float), ("layer", Name.Label), ("x", Operator.Word), ("unit", Name.Function),
    ("3x3", Number.Integer), ("none", Name.Builtin.Pseudo), ("->", Operator), ("true", Keyword.Constant),
    ("width", Name), ("{{", String.Escape), ("stage", Keyword), ("block", Name.Label), ("keep", Keyword),
    ("gate", Name.Variable), ("gate", Name.Label), ("conv", Name.Function), ("x", Name), ("net", Name.Class),
    ("expect", Keyword), ("params", Name.Property), ("25.6M", Number.Float),
]  # fmt: skip


def test_words() -> None:
    tokens = iter([(value, kind) for kind, value in ResLexer().get_tokens(TEXT)])
    for word in WORDS:  # in this order, others between
        assert word in tokens, word


def test_every_text_is_covered() -> None:
    assert len(TEXTS) > 150
    lexer = ResLexer(ensurenl=False, stripnl=False)
    for path in TEXTS:
        text = path.read_text()
        tokens = list(lexer.get_tokens(text))
        assert "".join(value for _, value in tokens) == text, path
        assert all(kind is not Error for kind, _ in tokens), path


def test_what_is_not_closed_ends_with_its_line() -> None:
    tokens = list(ResLexer().get_tokens('require a else "never {closed\nblock b { f }\n'))
    assert (Token.Name.Class, "b") in tokens


def test_keywords_are_keywords() -> None:
    for word in sorted(KEYWORDS):
        kind = next(kind for kind, value in ResLexer().get_tokens(f"{word} 1") if value == word)
        assert kind in Keyword or kind in Operator.Word, word


def test_functions_are_those_of_the_language() -> None:
    assert set(FUNCTIONS) == set(builtins(Limits()))


def test_formatters_take_it() -> None:
    assert r"\PY{k+kd}{model}" in highlight(TEXT, ResLexer(), LatexFormatter())


def test_the_entry_point_leads_to_it() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    module, name = project["entry-points"]["pygments.lexers"]["resdsl"].split(":")
    assert getattr(import_module(module), name) is ResLexer


def test_vim_knows_the_words() -> None:
    text = (VIM / "syntax" / "resdsl.vim").read_text()
    listed = [word for line in re.findall(r"^syntax keyword \w+ (.*)", text, re.MULTILINE) for word in line.split()]
    assert KEYWORDS | PREDEFINED_VALUES | set(FUNCTIONS) <= set(listed)
    assert re.search(r"\*\.res\b", (VIM / "ftdetect" / "resdsl.vim").read_text())


@pytest.mark.skipif(not VIM_FULL, reason="needs a Vim with syntax files")
def test_vim_colours(tmp_path: Path) -> None:
    (tmp_path / "t.res").write_text(TEXT)
    places = {
        (1, 1): "Comment", (3, 1): "Declaration", (3, 7): "Defined", (5, 3): "Label", (5, 19): "Times", (5, 32): "Size",
        (6, 11): "Boolean", (6, 22): "Delimiter", (6, 33): "Escape", (10, 39): "Number",
    }  # fmt: skip
    script = [f"set rtp+={VIM}", "filetype on", "syntax on", f"edit {tmp_path / 't.res'}", "redir! > out", "echo &ft"]
    script += [f"echo synIDattr(synID({line}, {column}, 1), 'name')" for line, column in places]
    (tmp_path / "s.vim").write_text("\n".join([*script, "redir END", "qa!"]) + "\n")
    subprocess.run(
        ["vim", "-u", "NONE", "-i", "NONE", "-N", "-n", "-es", "-S", "s.vim"], cwd=tmp_path, timeout=60, check=False
    )
    found = (tmp_path / "out").read_text().split("\n")[1:]
    assert found[0] == "resdsl"
    assert found[1:] == [name and f"resdsl{name}" for name in places.values()]
