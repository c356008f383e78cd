"""How text is shown on a terminal: what of it is escaped, and how many columns it takes."""

from __future__ import annotations

import unicodedata

TAB = 4
"""Columns of a tab, which is shown as blanks."""


def visible(text: str) -> str:
    """Text with everything that would move a cursor or reorder a line shown as an escape."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(cell(char)[0] if char != "\t" else char for char in text)


def width(text: str) -> int:
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(cell(char)[1] for char in text)


def cell(char: str) -> tuple[str, int]:
    """How a code point is shown, and how many columns of a terminal that takes."""
    if " " <= char <= "~":
        return char, 1
    if char == "\t":
        return " " * TAB, TAB
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        code = ord(char)
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        return escape, len(escape)
    if category in {"Mn", "Me"}:
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
