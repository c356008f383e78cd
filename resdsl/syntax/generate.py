"""The table that the parser runs on, from the grammar: `python -m resdsl.syntax.generate` writes it anew."""

from __future__ import annotations

import json
from typing import Any

from lark import Lark
from lark.grammar import Rule
from lark.lexer import TerminalDef
from lark.parsers.lalr_analysis import ParseTableBase, Shift

from resdsl.resources import root
from resdsl.syntax.grammar import TABLE

STARTS = ["start", "expression"]
UNPARSED = {"COMMENT", "UNCLOSED", "BAD", "_SEMI"}
"""Terminals that the token filter wants and no rule mentions."""

_UNLIMITED = 1_000
"""What `*` and `+` amount to depends on the version of Python."""


class _KeepTerminals:
    """What Lark asks a post-lexer for while it builds: terminals that must not be dropped as unused."""

    always_accept = UNPARSED

    def process(self, stream: Any) -> Any:
        return stream


def build(text: str, *, strict: bool = False) -> Lark:
    """Lark itself on a grammar. `strict` refuses every conflict (needs `interegular`)."""
    postlex: Any = _KeepTerminals()
    return Lark(text, parser="lalr", lexer="basic", start=STARTS, postlex=postlex, strict=strict)


def generate(text: str, *, strict: bool = False) -> dict[str, Any]:
    """The table of a grammar as plain data."""
    lark = build(text, strict=strict)
    table = lark.parse_interactive("", start="start").parser_state.parse_conf.parse_table
    order = _order(table)
    numbers: dict[Rule, int] = {}
    states = []
    for state in order:
        row = {}
        for symbol, (action, argument) in sorted(table.states[state].items(), key=lambda entry: entry[0]):
            row[symbol] = order[argument] if action is Shift else -1 - numbers.setdefault(argument, len(numbers))
        states.append(row)
    return {
        "ignore": sorted(lark.ignore_tokens),
        "terminals": [[t.name, t.pattern.type, t.pattern.value] for t in sorted(lark.terminals, key=_trial)],
        "rules": [[rule.origin.name, [symbol.name for symbol in rule.expansion]] for rule in numbers],
        "start": {start: order[table.start_states[start]] for start in STARTS},
        "end": {start: order[table.end_states[start]] for start in STARTS},
        "states": states,
    }


def _trial(terminal: TerminalDef) -> tuple[int, int, int, str]:
    """Where a terminal stands among those that are tried in turn: Lark's own rule, all without a limit being alike."""
    pattern = terminal.pattern
    return -terminal.priority, -min(pattern.max_width, _UNLIMITED), -len(pattern.value), terminal.name


def _order(table: ParseTableBase[int]) -> dict[int, int]:
    """A number for each state that does not depend on hashes: the order in which they are reached."""
    order = {table.start_states[start]: at for at, start in enumerate(STARTS)}
    queue = list(order)
    for state in queue:
        for _, (action, argument) in sorted(table.states[state].items(), key=lambda entry: entry[0]):
            if action is Shift and argument not in order:
                order[argument] = len(order)
                queue.append(argument)
    return order


def render(data: dict[str, Any]) -> str:
    """The table as JSON with one row a line, so that a change of the grammar is a small difference."""
    fields = []
    for key, value in data.items():
        rows = ",\n".join(json.dumps(row) for row in value) if key in {"states", "rules", "terminals"} else None
        fields.append(f'"{key}": ' + (json.dumps(value) if rows is None else f"[\n{rows}\n]"))
    return "{\n" + ",\n".join(fields) + "\n}\n"


def main() -> None:
    text = (root("grammars") / "resdsl.lark").read_text(encoding="utf-8")
    TABLE.write_text(render(generate(text)), encoding="utf-8")


if __name__ == "__main__":
    main()
