"""Fixes, carried out: changes of one text that do not meet, round after round, while none makes it worse."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Generic, Protocol, TypeVar

from resdsl.diagnostics.model import Diagnostic, Edit, Fix, Report
from resdsl.source import Source

ROUNDS = 50
"""So often what is left is looked through again: a fix brings faults to light that may be mended too."""
LOOKS = 500
"""So many texts are looked at in all: where many fixes are no good, those that are must be searched for."""


class Looked(Protocol):
    """What a look at a text gives: a report, and what else its maker puts there."""

    @property
    def report(self) -> Report: ...


Found = TypeVar("Found", bound=Looked)
Offer = tuple[Diagnostic, Fix]


@dataclass(frozen=True)
class Mended(Generic[Found]):
    """A text after its fixes, and what is left."""

    source: Source
    found: Found
    """Of this text, not of the one there was."""
    done: tuple[Offer, ...] = ()
    """What was mended, in order; the spans are in the text that there was when it was found."""
    refused: tuple[Offer, ...] = ()
    """What would have been mended, had there not been more errors afterwards."""


def mend(source: Source, look: Callable[[Source], Found], *, unsafe: bool = False) -> Mended[Found]:
    """Carries out what fixes it can, the safe ones or all; the text never has more errors afterwards than before.

    `look` finds the faults of a text; it is called for every text on the way.
    """
    search = _Search(look)
    state = Mended(source, look(source))
    for _ in range(ROUNDS):
        offers = compatible(state.found.report, state.source, unsafe=unsafe)
        better = search.grow(state, Mended(state.source, state.found), offers)
        if not better.done:
            return Mended(state.source, state.found, state.done, offers)
        state = Mended(better.source, better.found, state.done + better.done)
    return state


def admissible(diagnostic: Diagnostic, source: Source, *, unsafe: bool = False) -> Fix | None:
    """The likeliest fix that may be carried out and changes nothing but `source`."""
    for fix in diagnostic.fixes:
        if fix.edits and (fix.safe or unsafe) and all(edit.span.source is source for edit in fix.edits):
            return fix
    return None


def compatible(diagnostics: Iterable[Diagnostic], source: Source, *, unsafe: bool = False) -> tuple[Offer, ...]:
    """Faults with the fixes that can be carried out at once: their edits do not meet, or are the very same."""
    chosen: list[_Change] = []
    offers: list[Offer] = []
    for diagnostic in diagnostics:
        fix = admissible(diagnostic, source, unsafe=unsafe)
        if fix is None:
            continue
        wanted = _changes(fix.edits)
        new = [change for change in wanted if change not in chosen[bisect_left(chosen, change) :][:1]]
        if _meet(wanted) or any(_meet(_around(change, chosen)) for change in new):
            continue
        for change in new:
            insort(chosen, change)
        offers.append((diagnostic, fix))
    return tuple(offers)


def edited(source: Source, edits: Iterable[Edit]) -> Source:
    """The text after edits that do not meet, in any order; newlines are written as the text has them."""
    text = source.text
    newline = "\r\n" if "\r\n" in text else "\n"
    for start, end, new in reversed(_changes(edits)):
        text = text[:start] + new.replace("\n", newline) + text[end:]
    return Source(source.name, text)


class _Search(Generic[Found]):
    """Finds which fixes can be carried out together: all, or those of each half that can."""

    def __init__(self, look: Callable[[Source], Found]) -> None:
        self.look = look
        self.left = LOOKS

    def grow(self, base: Mended[Found], taken: Mended[Found], more: tuple[Offer, ...]) -> Mended[Found]:
        """`taken`, which has some fixes of `base` carried out, with all those of `more` that do no harm."""
        if not more or self.left == 0:
            return taken
        self.left -= 1
        together = taken.done + more
        source = edited(base.source, (edit for _, fix in together for edit in fix.edits))
        found = self.look(source)
        if _no_worse(found.report, base.found.report):
            return Mended(source, found, together)
        if len(more) == 1:
            return taken
        half = len(more) // 2
        return self.grow(base, self.grow(base, taken, more[:half]), more[half:])


def _no_worse(after: Report, before: Report) -> bool:
    """Whether there are not more errors, and not more of the text that cannot even be read."""
    return len(after.errors) <= len(before.errors) and _unread(after) <= _unread(before)


def _unread(report: Report) -> int:
    return sum(diagnostic.code.startswith("E0") for diagnostic in report)


_Change = tuple[int, int, str]
"""Start, end and new text."""


def _changes(edits: Iterable[Edit]) -> list[_Change]:
    return sorted({(edit.span.start, edit.span.end, edit.text) for edit in edits})


def _meet(changes: Sequence[_Change]) -> bool:
    """Whether changes in order overlap or touch."""
    return any(first[1] >= second[0] for first, second in pairwise(changes))


def _around(change: _Change, chosen: Sequence[_Change]) -> list[_Change]:
    """A change between its neighbours among those chosen."""
    at = bisect_left(chosen, change)
    return [*chosen[max(0, at - 1) : at], change, *chosen[at : at + 1]]
