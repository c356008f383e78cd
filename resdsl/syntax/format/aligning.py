"""Blanks: those that set words and comments below each other stay, others are one.

Words are aligned where the source had them so: words of one kind in one column of consecutive lines, one of them at
least with more than one blank before it. They go as far left as the longest line lets them. Comments behind code keep
their column, or give way together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from lark.lexer import Token

from resdsl.source import Source
from resdsl.syntax.format.laying import COLUMNS, Line

_COMMENT_GAP = 2

_Place = tuple[int, int]
"""A line of the output and a word in it."""

_Found = tuple[_Place, int, int]
"""With its line in the source, and the blanks that it has there before it."""


def render(lines: list[Line], source: Source) -> str:
    """The text of lines, with a newline at its end unless it is empty."""
    for run in _runs(lines, source):
        _align(lines, run)
    columns = _comment_columns(lines, source)
    return "".join(_text(line, columns.get(at, 0)) for at, line in enumerate(lines))


def _text(line: Line, comment_column: int) -> str:
    code = " " * line.indent + "".join(" " * gap + word.text for gap, word in zip(line.gaps, line.words, strict=True))
    if line.comment is not None:
        code = code.ljust(comment_column) + str(line.comment).rstrip()
    return f"{chr(10) * line.spaced}{code.rstrip()}\n"


def _width(line: Line, words: int | None = None) -> int:
    """Columns of a line without its comment, or of its first words."""
    texts = sum(len(word.text) for word in line.words[:words])
    return line.indent + sum(line.gaps[:words]) + texts


# --- words ---------------------------------------------------------------------------------------


def _runs(lines: list[Line], source: Source) -> list[list[_Place]]:
    """Words below each other in the source, from left to right."""
    found: dict[tuple[int, str], list[_Found]] = defaultdict(list)
    for at, line in enumerate(lines):
        for place, word in enumerate(line.words):
            if place and word.start >= 0 and not word.glued:
                number, column = source.position(word.start)
                found[column, word.kind].append(((at, place), number, _blanks_before(source, word.start)))
    runs: list[list[_Place]] = []
    for _, words in sorted(found.items()):
        run: list[_Found] = []
        for one in words:
            if run and not _follows(lines, run[-1], one):
                _close(run, runs)
                run = []
            run.append(one)
        _close(run, runs)
    return runs


def _follows(lines: list[Line], one: _Found, other: _Found) -> bool:
    (at, _), number, _ = one
    (below, _), following, _ = other
    return below == at + 1 and following == number + 1 and lines[at].indent == lines[below].indent


def _close(run: list[_Found], runs: list[list[_Place]]) -> None:
    if len(run) > 1 and any(blanks > 1 for _, _, blanks in run):
        runs.append([place for place, _, _ in run])


def _blanks_before(source: Source, start: int) -> int:
    before = source.text[max(0, start - COLUMNS) : start]
    return len(before) - len(before.rstrip(" \t"))


def _align(lines: list[Line], run: list[_Place]) -> None:
    """Set words below each other, unless a line would become too long."""
    starts = {(at, word): _width(lines[at], word) + lines[at].gaps[word] for at, word in run}
    column = max(starts.values())
    if any(_width(lines[at]) + column - start > COLUMNS for (at, _), start in starts.items()):
        return
    for (at, word), start in starts.items():
        lines[at].gaps[word] += column - start


# --- comments ------------------------------------------------------------------------------------


def _comment_columns(lines: list[Line], source: Source) -> dict[int, int]:
    """Where the comments behind code begin, by line."""
    columns: dict[int, int] = {}
    run: list[tuple[int, Token, int]] = []
    for at, line in enumerate(lines):
        if line.spaced and run:
            columns |= _run_columns(lines, run, source)
            run = []
        if line.comment is None or not line.words:
            continue
        column = source.position(line.comment.start_pos or 0)[1] - 1
        if run and run[-1][2] != column:
            columns |= _run_columns(lines, run, source)
            run = []
        run.append((at, line.comment, column))
    return columns | _run_columns(lines, run, source)


def _run_columns(lines: list[Line], run: Iterable[tuple[int, Token, int]], source: Source) -> dict[int, int]:
    """Of comments in one column of the source: there, or as far right as the longest line asks for."""
    ends = {at: _width(lines[at]) + _COMMENT_GAP for at, _, _ in run}
    if all(_blanks_before(source, comment.start_pos or 0) <= _COMMENT_GAP for _, comment, _ in run):
        return ends
    column = max([column for _, _, column in run] + list(ends.values()))
    return dict.fromkeys(ends, column)
