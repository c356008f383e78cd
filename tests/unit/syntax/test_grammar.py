"""The grammar has no conflicts, and the table that ships is the grammar's."""

from __future__ import annotations

import json

from resdsl.resources import root
from resdsl.syntax.generate import generate, render
from resdsl.syntax.grammar import TABLE
from resdsl.syntax.keywords import KEYWORDS


def test_strictly_no_conflicts_and_the_table_is_up_to_date() -> None:
    data = generate((root("grammars") / "resdsl.lark").read_text(encoding="utf-8"), strict=True)
    hint = "run `python -m resdsl.syntax.generate`"
    assert TABLE.read_text(encoding="utf-8") == render(data), hint


def test_keywords_are_the_grammar_s() -> None:
    terminals = json.loads(TABLE.read_text(encoding="utf-8"))["terminals"]
    assert {value for _, kind, value, _ in terminals if kind == "str" and value.isalpha()} == KEYWORDS
