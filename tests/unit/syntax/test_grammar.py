"""The grammar has no conflicts, and the table that ships is the grammar's."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lark import Lark

from resdsl.resources import root
from resdsl.syntax.generate import build, generate, render
from resdsl.syntax.grammar import TABLE, grammar
from resdsl.syntax.keywords import KEYWORDS


def test_strictly_no_conflicts_and_the_table_is_up_to_date() -> None:
    data = generate((root("grammars") / "resdsl.lark").read_text(encoding="utf-8"), strict=True)
    hint = "run `python -m resdsl.syntax.generate`"
    assert TABLE.read_text(encoding="utf-8") == render(data), hint


def test_keywords_are_the_grammar_s() -> None:
    terminals = json.loads(TABLE.read_text(encoding="utf-8"))["terminals"]
    assert {value for _, kind, value in terminals if kind == "str" and value.isalpha()} == KEYWORDS


FILES = [*root("specs").rglob("*.res"), *root("library").glob("*.res")]
PIECES = (*sorted(KEYWORDS), *'abxK_019."#{}[]()|:,;=<>!+-*/%^~@$?é \t\r\n', "3x2", "1e5", "->", "//", "==")


@cache
def lark() -> Lark:
    return build((root("grammars") / "resdsl.lark").read_text(encoding="utf-8"))


def assert_lexed_as_lark_does(text: str) -> None:
    found = [(t.type, t.value, t.start_pos, t.end_pos) for t in grammar().lex(text, 0, len(text))]
    assert found == [(t.type, t.value, t.start_pos, t.end_pos) for t in lark().lex(text)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_lexed_as_lark_does(path: Path) -> None:
    assert_lexed_as_lark_does(path.read_text(encoding="utf-8"))


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_texts_are_lexed_as_lark_does(text: str) -> None:
    assert_lexed_as_lark_does(text)


def test_a_part_of_a_text_keeps_its_places() -> None:
    assert [(t.value, t.start_pos, t.end_pos) for t in grammar().lex("abc + 12", 1, 7)] == [
        ("bc", 1, 3),
        ("+", 4, 5),
        ("1", 6, 7),
    ]
