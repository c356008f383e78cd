"""Lark's lexer and LALR table for `grammars/resdsl.lark`, from a table generated beforehand.

Building the table from the grammar takes half a second, reading it a few milliseconds. `python -m
resdsl.syntax.generate` writes it, and a test holds the two together. The lexer is the one expression that Lark's own
makes of the terminals; run over a text at once, it takes a third of the time, and a test holds those two together.
"""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

from lark.grammar import NonTerminal, Rule, Terminal
from lark.lexer import Token
from lark.parsers.lalr_analysis import IntParseTable, ParseTableBase, Reduce, Shift

from resdsl.records import Record

TABLE = Path(__file__).with_name("table.json")


class Grammar(Record):
    terminals: re.Pattern[str]
    """A named group for each terminal, in the order in which they are tried; one of them always matches."""
    words: dict[str, str]
    """The terminals of the texts that are no names although they look like them."""
    ignored: frozenset[str]
    table: ParseTableBase[int]
    rules: tuple[Rule, ...]

    def lex(self, text: str, start: int, end: int, most: int | None = None) -> list[Token]:
        """The tokens of `text[start:end]` (of `most`, and one more); lexing is total, positions are those in `text`."""
        tokens: list[Token] = []
        for match in self.terminals.finditer(text, start, end):
            kind = match.lastgroup
            assert kind is not None
            if kind in self.ignored:
                continue
            value = match[0]
            if kind == "NAME":
                kind = self.words.get(value, kind)
            tokens.append(Token(kind, value, match.start(), end_pos=match.end()))
            if most is not None and len(tokens) > most:
                break
        return tokens


def restore(data: dict[str, Any]) -> Grammar:
    """The lexer and the table that `generate` wrote down."""
    texts = {name: re.escape(value) if kind == "str" else value for name, kind, value in data["terminals"]}
    words = {value: name for name, kind, value in data["terminals"] if kind == "str" and value.isidentifier()}
    groups = [f"(?P<{name}>{texts[name]})" for name in texts if name not in words.values()]
    rules = tuple(
        Rule(NonTerminal(origin), [Terminal(s) if s.isupper() else NonTerminal(s) for s in symbols])
        for origin, symbols in data["rules"]
    )
    reductions = [(Reduce, rule) for rule in rules]
    states: dict[int, dict[str, Any]] = {
        number: {s: (Shift, code) if code >= 0 else reductions[-1 - code] for s, code in row.items()}
        for number, row in enumerate(data["states"])
    }
    # Lark's constructor has no types.
    table: ParseTableBase[int] = IntParseTable(states, data["start"], data["end"])  # type: ignore[no-untyped-call]
    return Grammar(re.compile("|".join(groups)), words, frozenset(data["ignore"]), table, rules)


@cache
def grammar() -> Grammar:
    """The grammar of the language."""
    return restore(json.loads(TABLE.read_text(encoding="utf-8")))
