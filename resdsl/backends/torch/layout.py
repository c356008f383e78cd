"""Lines of Python as `ruff format` leaves them: what does not fit is exploded, one element a line."""

from __future__ import annotations

import re

WIDTH = 88
"""`ruff format`'s own default."""

PAIRS = {"(": ")", "[": "]", "{": "}"}


def fit(text: str, indent: int, comment: str | None = None) -> list[str]:
    """`text` at `indent` levels, on one line if it fits; the comment stands on the line if there is room."""
    pad = "    " * indent
    line = f"{pad}{text}"
    if comment is not None and len(line) + len(comment) + 4 <= WIDTH:
        return [f"{line}  # {comment}"]
    if len(line) <= WIDTH:
        return [line]
    return _sum(text, indent) or explode(text, indent)


def _sum(text: str, indent: int) -> list[str] | None:
    """A statement whose value is a long sum or product, a term a line; `None` if it is none."""
    head = re.match(r"(?:return|[\w, ]+ \+?=) ", text)
    if head is None:
        return None
    terms, sign = split(text[head.end() :], " + "), "+"
    if len(terms) == 1:
        terms, sign = split(text[head.end() :], " * "), "*"
    if len(terms) < 3:
        return None
    pad = "    " * indent
    lines = [f"{pad}{head.group()}(", f"{pad}    {terms[0]}", *(f"{pad}    {sign} {term}" for term in terms[1:])]
    return [*lines, f"{pad})"]


def explode(text: str, indent: int, end: str = "") -> list[str]:
    """The last brackets of `text` (the first of a definition) opened, each element on lines of its own."""
    pad = "    " * indent
    line = f"{pad}{text}{end}"
    opening = text.index("(") if text.startswith("def ") else _last_bracket(text)
    if len(line) <= WIDTH or opening is None:
        return [line]
    head, inside, tail = text[: opening + 1], text[opening + 1 : _match(text, opening)], text[_match(text, opening) :]
    if not inside:
        return [line]
    lines = [pad + head]
    parts = split(inside)
    generator = len(parts) == 1 and _clauses(parts[0])
    if generator and len(pad) + 4 + len(parts[0]) <= WIDTH:
        lines.append(f"{pad}    {parts[0]}")
    elif generator:
        for clause in _clauses(parts[0]):
            lines += explode(clause, indent + 1)
    else:
        groups = text[opening] == "(" and not re.search(r"[\w)\]]$", head[:-1])  # a comma would make it a tuple
        for part in parts:
            lines += explode(part, indent + 1, "" if groups and len(parts) == 1 else ",")
    lines.append(pad + tail + end)
    return lines


def split(text: str, between: str = ",") -> list[str]:
    """Elements between commas (or something else) that stand in no brackets and no string."""
    parts, depth, start, quote = [], 0, 0, ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in "([{":
            depth += 1
        elif char in ")]}":
            depth -= 1
        elif depth == 0 and text.startswith(between, place):
            parts.append(text[start:place].strip())
            start = place + len(between)
    rest = text[start:].strip()
    return [*parts, rest] if rest else parts


def _clauses(text: str) -> list[str]:
    """`Block(8) for i in range(3)` as two lines; nothing if it is no generator."""
    depth = 0
    for place, char in enumerate(text):
        depth += (char in "([{") - (char in ")]}")
        if depth == 0 and text.startswith(" for ", place):
            return [text[:place], text[place + 1 :]]
    return []


def _last_bracket(text: str) -> int | None:
    """The bracket that closes last, outside all others."""
    if not text or text[-1] not in ")]}:":
        return None
    depth, opening, found = 0, 0, None
    quote = ""
    for place, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in PAIRS:
            if depth == 0:
                opening = place
            depth += 1
        elif char in PAIRS.values():
            depth -= 1
            if depth == 0:
                found = opening
    return found


def _match(text: str, opening: int) -> int:
    depth, quote = 0, ""
    for place in range(opening, len(text)):
        char = text[place]
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        elif char in PAIRS:
            depth += 1
        elif char in PAIRS.values():
            depth -= 1
            if depth == 0:
                return place
    raise AssertionError(f"unbalanced brackets in {text!r}")
