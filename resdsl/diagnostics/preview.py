"""What a fix would write, as the lines that change: for people to see beside the fault."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from resdsl.diagnostics.model import Edit, Fix
from resdsl.records import Record
from resdsl.source import Source

MOST = 4
"""So many lines that would be written are shown; of a larger fix its message has to do."""


class Change(Record):
    """A line that would come (`+`) or go (`-`)."""

    line: int
    """Its number, as the text is now."""
    sign: str
    text: str
    at: int
    """Where it differs from the line there was."""


def preview(fix: Fix, shown: set[tuple[Source, int]]) -> tuple[Change, ...]:
    """The lines of a fix; those that it takes away are left out if they are among those `shown`.

    Empty for a fix that is too large, or of several texts.
    """
    edits = sorted(fix.edits, key=lambda edit: edit.span.start)
    if not edits or any(edit.span.source is not edits[0].span.source for edit in edits):
        return ()
    changes = tuple(change for group in _groups(edits) for change in _changes(group, shown))
    return changes if len(changes) <= 2 * MOST and sum(change.sign == "+" for change in changes) <= MOST else ()


def _groups(edits: Sequence[Edit]) -> list[list[Edit]]:
    """Edits in order, those together that have a line in common."""
    groups: list[list[Edit]] = []
    last = 0
    for edit in edits:
        if not groups or edit.span.line > last:
            groups.append([])
        groups[-1].append(edit)
        last = edit.span.source.position(edit.span.end)[0]
    return groups


def _changes(edits: Sequence[Edit], shown: set[tuple[Source, int]]) -> Iterator[Change]:
    source, first = edits[0].span.source, edits[0].span.line
    last = source.position(edits[-1].span.end)[0]
    old = [source.line(number) for number in range(first, last + 1)]
    new = _written(source, first, last, edits).split("\n")
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    while old and new and old[0] == new[0]:
        del old[0], new[0]
        first += 1
    while not old and new and not new[-1]:
        del new[-1]
    if not new or any((source, first + index) not in shown for index in range(len(old))):
        yield from (Change(first + index, "-", text, 0) for index, text in enumerate(old))
    yield from (Change(first + index, "+", text, _apart(text, old)) for index, text in enumerate(new))


def _written(source: Source, first: int, last: int, edits: Sequence[Edit]) -> str:
    """Lines `first` to `last` after edits in order that lie within them."""
    start = source.start(first)
    text = source.text[start : source.start(last) + len(source.line(last))]
    for edit in reversed(edits):
        text = text[: edit.span.start - start] + edit.text + text[edit.span.end - start :]
    return text.replace("\r", "")


def _apart(text: str, old: Sequence[str]) -> int:
    """Where a line begins to differ from the first of the old ones."""
    before = old[0] if old else ""
    ends = min(len(text), len(before))
    return next((at for at, (a, b) in enumerate(zip(text, before, strict=False)) if a != b), ends)
