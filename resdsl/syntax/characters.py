"""Characters that a text must not have: controls, and what changes the direction of writing."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lark.lexer import Token

from resdsl.diagnostics import Diagnostic, Label, Report, Severity
from resdsl.source import Source, Span

BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
CONTROL = r"\x00-\x08\x0b-\x1f\x7f-\x9f"
_SUSPECT = re.compile(f"(?!\r\n)[{CONTROL}{BIDI}]")
_BIDI = re.compile(f"[{BIDI}]")


_REMEDIES = {
    "E004": "delete it: editors do not show it",
    "E005": "delete it: it makes the text look different from what is compiled",
    "W501": "delete it: it makes the text look different from what is written",
}


def character_fault(char: str) -> tuple[str, str]:
    """Code and message for a character that cannot stand where it stands."""
    point = f"U+{ord(char):04X}"
    if _BIDI.match(char):
        return "E005", f"bidirectional control character {point}"
    if _SUSPECT.match(char):
        return "E004", f"control character {point}"
    shown = f"`{char}`" if char.isprintable() and not char.isspace() else point
    return "E003", f"unknown character {shown}"


def check_characters(source: Source, report: Report, tokens: Iterable[Token]) -> None:
    """Report control characters: the first of each line is an error, bidirectional ones in comments a warning."""
    found = [match.start() for match in _SUSPECT.finditer(source.text)]
    if not found:
        return
    comments = [(t.start_pos or 0, t.end_pos or 0) for t in tokens if t.type == "COMMENT"]
    reported: set[int] = set()
    nearest = 0
    for place in found:
        line = source.position(place)[0]
        if line in reported:
            continue
        reported.add(line)
        while nearest < len(comments) and comments[nearest][1] <= place:
            nearest += 1
        in_comment = nearest < len(comments) and comments[nearest][0] <= place
        code, message = character_fault(source.text[place])
        severity = Severity.ERROR
        if in_comment and code == "E005":
            code, message, severity = "W501", f"{message} in a comment", Severity.WARNING
        span = Span(source, place, place + 1)
        report.add(Diagnostic(code, message, Label(span), severity, help=_REMEDIES[code]))
