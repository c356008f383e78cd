"""A text in pieces that keep their identity while it is edited: one from each definition to the next.

What is known of a definition (the shapes of its steps, the faults of a model) stays true while its own piece stays as
it is, wherever it moves, and mostly true elsewhere in the piece while one place of it is edited. Pieces begin at lines
that begin with a definition's word, whether or not the text parses.
"""

from __future__ import annotations

import re
from bisect import bisect_right

from resdsl.records import Record

_BEGINS = re.compile(r"^(?:(block|model|let)[ \t]+(\w+)|use\b)", re.MULTILINE)

ChunkKey = tuple[str, int]
"""What a piece begins with, and which of those that begin alike it is."""


class Chunk(Record):
    key: ChunkKey
    start: int
    text: str

    @property
    def end(self) -> int:
        return self.start + len(self.text)


class Chunks:
    """The pieces of a text, in order; they cover it."""

    def __init__(self, text: str) -> None:
        begins = [(0, "")] + [(found.start(), found[0]) for found in _BEGINS.finditer(text)]
        if len(begins) > 1 and begins[1][0] == 0:
            del begins[0]
        self.all: list[Chunk] = []
        seen: dict[str, int] = {}
        for at, (start, word) in enumerate(begins):
            end = begins[at + 1][0] if at + 1 < len(begins) else len(text)
            name = " ".join(word.split())
            seen[name] = seen.get(name, -1) + 1
            self.all.append(Chunk((name, seen[name]), start, text[start:end]))
        self.by_key = {chunk.key: chunk for chunk in self.all}
        self._starts = [chunk.start for chunk in self.all]

    def at(self, offset: int) -> Chunk:
        return self.all[max(0, bisect_right(self._starts, offset) - 1)]

    def overlapping(self, start: int, end: int) -> list[Chunk]:
        first = max(0, bisect_right(self._starts, start) - 1)
        last = max(first, bisect_right(self._starts, max(start, end - 1)) - 1)
        return self.all[first : last + 1]


class Shift:
    """Carries places of one text over to another that differs from it in one stretch."""

    def __init__(self, old: str, new: str) -> None:
        shorter = min(len(old), len(new))
        self.same = old == new
        self._head = shorter if self.same else _common(old, new, shorter)
        self._tail = 0 if self.same else _common(old[::-1], new[::-1], shorter - self._head)
        self._changed_end = len(old) - self._tail
        self._moved = len(new) - len(old)

    def forward(self, start: int, end: int) -> tuple[int, int] | None:
        """Where a range of the old text is in the new one; `None` if it was edited."""
        if self.same or end <= self._head:
            return start, end
        if start >= self._changed_end:
            return start + self._moved, end + self._moved
        if start <= self._head and end >= self._changed_end and (start, end) != (self._head, self._changed_end):
            return start, end + self._moved
        return None


def _common(a: str, b: str, most: int) -> int:
    """How many characters two texts begin with alike, `most` at most."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
