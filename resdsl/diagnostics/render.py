"""Diagnostics as text: full with the source and carets, concise with a line each, and JSON for tools.

The first line of each is complete alone and begins with the place, so that terminals can follow it:

    net.res:7:10: error[E301]: add of 64x56x56 and 128x28x28
    7 |   residual { a -> b } shortcut c
      |                       ^^^^^^^^^^ the shortcut gives 128x28x28
      |            ---------- the branch gives 64x56x56
      = help: ...
"""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import Literal

from resdsl.diagnostics.model import Diagnostic, Label, Severity
from resdsl.records import Record
from resdsl.source import Source, Span

Format = Literal["full", "concise", "json"]

MOST = 20
"""So many are shown in full or concise; the rest is a number."""
SECONDARY = 3
"""So many secondary labels are shown."""
JSON_VERSION = 1

_TAB = 4
_LONGEST = 2_000
_WIDEST = 160
"""Columns of source shown; longer lines are cut around the label."""


def render(diagnostics: Iterable[Diagnostic], form: Format, *, color: bool = False) -> str:
    """One of the three forms, by name. Empty for no diagnostics, except as JSON."""
    if form == "json":
        return render_json(diagnostics)
    return render_full(diagnostics, color=color) if form == "full" else render_concise(diagnostics, color=color)


def render_full(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """Each with its source, labels, notes, help and trace; at most 20, then a count."""
    style = _Style(color)
    found = tuple(diagnostics)
    return _capped(["\n".join(_full(d, style)) + "\n" for d in found[:MOST]], len(found), "\n")


def render_concise(diagnostics: Iterable[Diagnostic], *, color: bool = False) -> str:
    """A line each; at most 20, then a count."""
    style = _Style(color)
    found = tuple(diagnostics)
    return _capped([_first_line(d, style) for d in found[:MOST]], len(found), "\n")


def render_json(diagnostics: Iterable[Diagnostic]) -> str:
    """All of them as one JSON object; `version` changes when a key changes its meaning."""
    items = [
        {
            "code": d.code,
            "severity": d.severity.value,
            "message": d.message,
            **_place(d.span),
            "label": d.primary.message,
            "secondary": [{**_place(label.span), "message": label.message} for label in d.secondary],
            "notes": list(d.notes),
            "help": d.help,
            "trace": [{**_place(frame.span), "message": frame.message} for frame in d.trace],
        }
        for d in diagnostics
    ]
    return json.dumps({"version": JSON_VERSION, "diagnostics": items}, indent=2) + "\n"


def visible(text: str) -> str:
    """Text with everything that would move a cursor or reorder a line shown as an escape."""
    return "".join(_cell(char)[0] if char != "\t" else char for char in text)


def _capped(parts: Sequence[str], total: int, separator: str) -> str:
    if not parts:
        return ""
    rest = total - len(parts)
    more = f"{separator}and {rest} more\n" if rest else ""
    return separator.join(parts) + ("" if parts[-1].endswith("\n") else "\n") + more.removeprefix("\n")


def _place(span: Span) -> dict[str, str | int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


class _Style(Record):
    color: bool

    def paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def severity(self, severity: Severity, text: str) -> str:
        return self.paint("1;31" if severity is Severity.ERROR else "1;33", text)

    def gutter(self, text: str) -> str:
        return self.paint("34", text)

    def bold(self, text: str) -> str:
        return self.paint("1", text)


def _first_line(diagnostic: Diagnostic, style: _Style) -> str:
    kind = style.severity(diagnostic.severity, f"{diagnostic.severity.value}[{diagnostic.code}]")
    return f"{visible(str(diagnostic.span))}: {kind}: {style.bold(visible(_shortened(diagnostic.message)))}"


def _shortened(text: str) -> str:
    """A text that quotes a name or a value of any length, for a person: its two ends."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST // 2]}…{text[-_LONGEST // 2 :]}"


class _Underline(Record):
    """Marks under one line: code points `start` to `end` of it (from 0), and what is said at the end."""

    line: int
    start: int
    end: int
    message: str
    primary: bool


def _full(diagnostic: Diagnostic, style: _Style) -> Iterator[str]:
    yield _first_line(diagnostic, style)
    groups = _by_source(_labels(diagnostic))
    gutter = max(len(str(u.line)) for underlines in groups.values() for u in underlines)
    for source, underlines in groups.items():
        if source is not diagnostic.span.source:
            yield f"{' ' * gutter} {style.gutter('-->')} {visible(source.name)}"
        yield from _excerpt(source, underlines, gutter, diagnostic.severity, style)
    bar = " " * gutter + " " + style.gutter("=") + " "
    for note in diagnostic.notes:
        yield f"{bar}note: {visible(_shortened(note))}"
    if diagnostic.help is not None:
        yield f"{bar}help: {visible(_shortened(diagnostic.help))}"
    for frame in diagnostic.trace:
        yield f"{bar}{visible(frame.message)} ({visible(str(frame.span))})"


def _labels(diagnostic: Diagnostic) -> list[Label]:
    """The primary label first. What another says of the very same place is said there, if nothing else is."""
    primary, others = diagnostic.primary, list(diagnostic.secondary)
    same = next((label for label in others if label.span == primary.span), None)
    if same is not None and not primary.message:
        others.remove(same)
        primary = same
    return [primary, *others[:SECONDARY]]


def _by_source(labels: Sequence[Label]) -> dict[Source, list[_Underline]]:
    """Underlines of each source in order of lines; the source of the primary label first."""
    groups: dict[Source, list[_Underline]] = {}
    for index, label in enumerate(labels):
        groups.setdefault(label.span.source, []).extend(_underlines(label, primary=index == 0))
    for underlines in groups.values():
        underlines.sort(key=lambda u: (u.line, not u.primary, u.start))
    return groups


def _underlines(label: Label, *, primary: bool) -> Iterator[_Underline]:
    """One for a span within a line; for a longer one its first and its last line."""
    span = label.span
    line, column = span.source.position(span.start)
    last, end = span.source.position(max(span.start, span.end))
    if end == 1 and last > line:  # it ends with a newline: the line before is the last one
        last -= 1
        end = len(span.source.line(last)) + 1
    if last == line:
        yield _Underline(line, column - 1, max(end - 1, column), label.message, primary)
        return
    first_text, last_text = span.source.line(line), span.source.line(last)
    indent = len(last_text) - len(last_text.lstrip())
    yield _Underline(line, column - 1, max(len(first_text), column), "", primary)
    yield _Underline(last, min(indent, end - 2), end - 1, label.message, primary)


def _excerpt(
    source: Source, underlines: Sequence[_Underline], gutter: int, severity: Severity, style: _Style
) -> Iterator[str]:
    bar = style.gutter("|")
    shown: int | None = None
    first = shift = 0
    for underline in underlines:
        text = source.line(underline.line)
        if underline.line != shown:
            if shown is not None and underline.line > shown + 1:
                yield " " * gutter + style.gutter("...")
            shown = underline.line
            first, shift, cut = _cut(text, underline.start)
            yield f"{style.gutter(f'{underline.line:>{gutter}}')} {bar} {cut}".rstrip()
        start, end = max(underline.start, first), max(underline.end, first + 1)
        space = shift + _width(text[first:start]) + max(0, start - len(text))
        length = min(max(1, _width(text[start:end])), _WIDEST - space) if space < _WIDEST else 1
        space = min(space, _WIDEST)
        marks = ("^" if underline.primary else "-") * length
        said = f"{marks} {visible(underline.message)}".rstrip()
        painted = style.severity(severity, said) if underline.primary else style.gutter(said)
        yield f"{' ' * gutter} {bar} {' ' * space}{painted}"


def _cut(text: str, start: int) -> tuple[int, int, str]:
    """What is shown of a line: its first code point, the columns before it, and the text."""
    first = 0 if _width(text[: start + 1]) < _WIDEST * 3 // 4 else max(0, start - _WIDEST // 4)
    lead = "…" if first else ""
    shown = [lead]
    width = len(lead)
    for char in text[first : first + _WIDEST + 1]:
        cell, columns = _cell(char)
        width += columns
        if width > _WIDEST:
            shown.append("…")
            break
        shown.append(cell)
    return first, len(lead), "".join(shown)


def _width(text: str) -> int:
    if text.isascii() and text.isprintable():
        return len(text)
    return sum(_cell(char)[1] for char in text)


def _cell(char: str) -> tuple[str, int]:
    """How a code point is shown, and how many columns of a terminal that takes."""
    if " " <= char <= "~":
        return char, 1
    if char == "\t":
        return " " * _TAB, _TAB
    category = unicodedata.category(char)
    if category in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
        code = ord(char)
        escape = f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
        return escape, len(escape)
    if category in {"Mn", "Me"}:
        return char, 0
    return char, 2 if unicodedata.east_asian_width(char) in {"W", "F"} else 1
