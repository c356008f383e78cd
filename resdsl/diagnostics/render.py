"""Diagnostics for people: full with the source and carets, concise with a line each.

The first line of each is complete alone and begins with the place, so that terminals can follow it:

    net.res:7:10: error[E301]: add of 64x56x56 and 128x28x28
    7 |   residual { a -> b } shortcut c
      |                       ^^^^^^^^^^ the shortcut gives 128x28x28
      |            ---------- the branch gives 64x56x56
      = help: ...
    7 +   residual { a -> b } shortcut project

The last line is what the likeliest fix would write; `[*]` behind the first says that it can be carried out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Literal

from resdsl.diagnostics.columns import cell, visible, width
from resdsl.diagnostics.model import Diagnostic, Label, Severity
from resdsl.diagnostics.preview import preview
from resdsl.records import Record
from resdsl.source import Source

Format = Literal["full", "concise", "json"]

MOST = 20
"""So many are shown in full or concise; the rest is a number."""
SECONDARY = 3
"""So many secondary labels are shown."""

_LONGEST = 2_000
_WIDEST = 160
"""Columns of source shown at most; longer lines are cut around the label."""
_NARROWEST = 40
_MARGIN = 8
"""Columns before the source, and for a first mark behind it."""

Fixable = Callable[[Diagnostic], bool]
"""Whether a fault has a fix that can be carried out: it is marked with `[*]`."""


def render(
    diagnostics: Iterable[Diagnostic],
    form: Format,
    *,
    color: bool = False,
    fixable: Fixable | None = None,
    columns: int | None = None,
) -> str:
    """One of the three forms, by name, for a terminal of so many columns. Empty for no diagnostics, but for JSON."""
    if form == "json":
        from resdsl.diagnostics.machine import render_json  # not at the top: people read the other two

        return render_json(diagnostics)
    if form == "concise":
        return render_concise(diagnostics, color=color, fixable=fixable)
    return render_full(diagnostics, color=color, fixable=fixable, columns=columns)


def render_full(
    diagnostics: Iterable[Diagnostic],
    *,
    color: bool = False,
    fixable: Fixable | None = None,
    columns: int | None = None,
) -> str:
    """Each with its source, labels, notes, help, fix and trace; at most 20, then a count."""
    widest = _WIDEST if columns is None else min(_WIDEST, max(_NARROWEST, columns - _MARGIN))
    style = _Style(color, fixable or _none, widest)
    found = tuple(diagnostics)
    return _capped(["\n".join(_full(d, style)) + "\n" for d in found[:MOST]], len(found), "\n")


def render_concise(diagnostics: Iterable[Diagnostic], *, color: bool = False, fixable: Fixable | None = None) -> str:
    """A line each; at most 20, then a count."""
    style = _Style(color, fixable or _none)
    found = tuple(diagnostics)
    return _capped([_first_line(d, style) for d in found[:MOST]], len(found), "\n")


def _capped(parts: Sequence[str], total: int, separator: str) -> str:
    if not parts:
        return ""
    rest = total - len(parts)
    more = f"{separator}and {rest} more\n" if rest else ""
    return separator.join(parts) + ("" if parts[-1].endswith("\n") else "\n") + more.removeprefix("\n")


def _none(_: Diagnostic) -> bool:
    return False


class _Style(Record):
    color: bool
    fixable: Fixable
    widest: int = _WIDEST

    def paint(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.color and text else text

    def severity(self, severity: Severity, text: str) -> str:
        return self.paint("1;31" if severity is Severity.ERROR else "1;33", text)

    def gutter(self, text: str) -> str:
        return self.paint("34", text)

    def added(self, text: str) -> str:
        return self.paint("32", text)

    def removed(self, text: str) -> str:
        return self.paint("31", text)

    def bold(self, text: str) -> str:
        return self.paint("1", text)


def _first_line(diagnostic: Diagnostic, style: _Style) -> str:
    kind = style.severity(diagnostic.severity, f"{diagnostic.severity.value}[{diagnostic.code}]")
    mark = f" {style.added('[*]')}" if style.fixable(diagnostic) else ""
    return f"{visible(str(diagnostic.span))}: {kind}: {style.bold(visible(_shortened(diagnostic.message)))}{mark}"


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
    lines = {(source, underline.line) for source, underlines in groups.items() for underline in underlines}
    fix = next(iter(diagnostic.fixes), None)
    changes = preview(fix, lines) if fix else ()
    gutter = max(len(str(line)) for line in (*(line for _, line in lines), *(change.line for change in changes)))
    for source, underlines in groups.items():
        if source is not diagnostic.span.source:
            yield f"{' ' * gutter} {style.gutter('-->')} {visible(source.name)}"
        yield from _excerpt(source, underlines, gutter, diagnostic.severity, style)
    bar = " " * gutter + " " + style.gutter("=") + " "
    for note in diagnostic.notes:
        yield f"{bar}{style.bold('note')}: {visible(_shortened(note))}"
    help_ = diagnostic.help or (fix.message if fix else None)
    if help_ is not None:
        yield f"{bar}{style.bold('help')}: {visible(_shortened(help_))}"
    for change in changes:
        paint = style.added if change.sign == "+" else style.removed
        text = paint(f"{change.sign} {_cut(change.text, change.at, style.widest)[2]}".rstrip())
        yield f"{style.gutter(f'{change.line:>{gutter}}')} {text}"
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
    """One for a span within a line; for a longer one the first word of it, and its last line."""
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
    word = len(first_text[column - 1 :].split(maxsplit=1)[0]) if first_text[column - 1 :].strip() else 1
    yield _Underline(line, column - 1, column - 1 + word, "", primary)
    yield _Underline(last, min(indent, end - 2), end - 1, label.message, primary)


def _excerpt(
    source: Source, underlines: Sequence[_Underline], gutter: int, severity: Severity, style: _Style
) -> Iterator[str]:
    bar = style.gutter("|")
    shown: int | None = None
    first = shift = 0
    for underline in underlines:
        text = source.line(underline.line)
        beyond = underline.start < first or shift + width(text[first : underline.start]) >= style.widest
        if underline.line != shown or beyond:  # a long line is shown again, around what is beyond what was shown of it
            if shown is not None and underline.line > shown + 1:
                yield " " * gutter + style.gutter("...")
            shown = underline.line
            first, shift, cut = _cut(text, underline.start, style.widest)
            yield f"{style.gutter(f'{underline.line:>{gutter}}')} {bar} {cut}".rstrip()
        start, end = max(underline.start, first), max(underline.end, first + 1)
        space = shift + width(text[first:start]) + max(0, start - len(text))
        length = max(1, min(width(text[start:end]), style.widest - space))
        marks = ("^" if underline.primary else "-") * length
        said = f"{marks} {visible(underline.message)}".rstrip()
        painted = style.severity(severity, said) if underline.primary else style.gutter(said)
        yield f"{' ' * gutter} {bar} {' ' * space}{painted}"


def _cut(text: str, start: int, widest: int) -> tuple[int, int, str]:
    """What is shown of a line: its first code point, the columns before it, and the text."""
    first = 0 if width(text[: start + 1]) < widest * 3 // 4 else max(0, start - widest // 4)
    lead = "…" if first else ""
    shown = [lead]
    taken = len(lead)
    for char in text[first : first + widest + 1]:
        shape, columns = cell(char)
        taken += columns
        if taken > widest:
            shown.append("…")
            break
        shown.append(shape)
    return first, len(lead), "".join(shown)
