"""Lark's lexer and LALR table for `grammars/resdsl.lark`, from a table generated beforehand.

Building the table from the grammar takes half a second, reading it a few milliseconds. `python -m
resdsl.syntax.generate` writes it, and a test holds the two together.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from lark.common import LexerConf
from lark.grammar import NonTerminal, Rule, Terminal
from lark.lexer import BasicLexer, LexerThread, PatternRE, PatternStr, TerminalDef, Token
from lark.parsers.lalr_analysis import IntParseTable, ParseTableBase, Reduce, Shift
from lark.utils import TextSlice

from resdsl.records import Record

TABLE = Path(__file__).with_name("table.json")


class Grammar(Record):
    lexer: BasicLexer
    table: ParseTableBase[int]
    rules: tuple[Rule, ...]

    def lex(self, text: str, start: int, end: int) -> list[Token]:
        """The tokens of `text[start:end]`; lexing is total, positions are those in `text`."""
        thread = LexerThread.from_text(self.lexer, TextSlice(text, start, end))
        return list(thread.lex(None))  # type: ignore[no-untyped-call]  # Lark leaves the state untyped


def restore(data: dict[str, Any]) -> Grammar:
    """The lexer and the table that `generate` wrote down."""
    patterns = {"str": PatternStr, "re": PatternRE}
    terminals = [
        TerminalDef(name, patterns[kind](value), priority) for name, kind, value, priority in data["terminals"]
    ]
    rules = tuple(
        Rule(NonTerminal(origin), [Terminal(s) if s.isupper() else NonTerminal(s) for s in symbols])
        for origin, symbols in data["rules"]
    )
    reductions = [(Reduce, rule) for rule in rules]
    states: dict[int, dict[str, Any]] = {
        number: {s: (Shift, code) if code >= 0 else reductions[-1 - code] for s, code in row.items()}
        for number, row in enumerate(data["states"])
    }
    lexer = BasicLexer(LexerConf(terminals, re, data["ignore"], skip_validation=True))
    table: ParseTableBase[int] = IntParseTable(states, data["start"], data["end"])  # type: ignore[no-untyped-call]
    return Grammar(lexer, table, rules)


@cache
def grammar() -> Grammar:
    """The grammar of the language."""
    return restore(json.loads(TABLE.read_text(encoding="utf-8")))
