"""Texts and places in them: the leaf that every span and message stands on."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from resdsl.records import Record


@dataclass(frozen=True, eq=False)
class Source:
    """A text under the name that messages show (a path, `<stdin>`, or `std:residual.res`)."""

    name: str
    text: str
    _starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0]
        find = self.text.find
        at = find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = find("\n", at + 1)
        object.__setattr__(self, "_starts", starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of a code-point offset, both from 1; a tab is one column."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of line `number` (from 1), without its newline."""
        start = self._starts[number - 1]
        end = self._starts[number] - 1 if number < len(self._starts) else len(self.text)
        return self.text[start:end].rstrip("\r")

    def start(self, number: int) -> int:
        """The offset of line `number` (from 1)."""
        return self._starts[number - 1]

    @property
    def lines(self) -> int:
        return len(self._starts)


class Span(Record):
    """A half-open range of code points in a source."""

    source: Source
    start: int
    end: int

    @property
    def line(self) -> int:
        return self.source.position(self.start)[0]

    @property
    def column(self) -> int:
        return self.source.position(self.start)[1]

    @property
    def text(self) -> str:
        return self.source.text[self.start : self.end]

    def to(self, other: Span) -> Span:
        """From the start of this span to the end of `other` (same source)."""
        return Span(self.source, self.start, max(self.end, other.end))

    def sort_key(self) -> tuple[str, int, int]:
        return self.source.name, self.start, self.end

    def __str__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"
