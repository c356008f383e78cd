"""The canonical form of a text: `resdsl fmt`.

Blanks, newlines, semicolons and trailing commas are the formatter's; words, numbers, strings and comments are the
author's and stay as written. `reading` groups tokens and comments, `laying` breaks lines, `aligning` gives them their
blanks, `comparing` checks that nothing else changed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from resdsl.diagnostics import InternalError, Report
from resdsl.limits import DEFAULT, Limits
from resdsl.source import Source

__all__ = ["format_source"]

_FRAMES = 8
"""Calls that a brace or bracket may cost, with room to spare."""


def format_source(source: Source, report: Report, *, limits: Limits = DEFAULT) -> str | None:
    """The canonical text, or `None` with the faults of the source in the report.

    Raises `InternalError` if the result would not mean what the source means; it never leaves the formatter.
    """
    with _room(limits):
        return _format(source, report, limits)


def _format(source: Source, report: Report, limits: Limits) -> str | None:
    from resdsl.syntax.format.aligning import render
    from resdsl.syntax.format.comparing import difference
    from resdsl.syntax.format.laying import lay_out
    from resdsl.syntax.format.reading import read
    from resdsl.syntax.parsing import parse

    faults = Report()
    file = parse(source, faults, limits=limits)
    report.extend(faults)
    if faults.failed:
        return None
    text = render(lay_out(read(file)), source)
    again = Report()
    result = parse(Source(source.name, text), again, limits=limits)
    found = "it does not parse" if again.failed else difference(file, result)
    if found:
        raise InternalError(f"the formatted text of {source.name} would mean something else: {found}")
    return text


@contextmanager
def _room(limits: Limits) -> Iterator[None]:
    """Python's frames for a text as deep as the limits allow."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, 1_000 + _FRAMES * limits.nesting))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)
