"""Places as editors count them: lines and code units, in the encoding that client and server agreed on."""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import Enum

_BREAKS = re.compile(r"\r\n|\n|\r")


class Encoding(Enum):
    """What one column is: a byte, half a surrogate pair, or a code point."""

    UTF8 = "utf-8"
    UTF16 = "utf-16"
    UTF32 = "utf-32"


class Positions:
    """Translates between code-point offsets in a text and (line, column), both from 0.

    Lines end where the protocol has them end: at `\\n`, `\\r\\n` and `\\r`, and nowhere else. A column beyond the end
    of its line is that end, a column within a character is its beginning, a line beyond the last the end of the text.
    """

    def __init__(self, text: str, encoding: Encoding) -> None:
        self._text = text
        self._encoding = encoding
        self._starts = [0]
        self._ends: list[int] = []
        for found in _BREAKS.finditer(text):
            self._ends.append(found.start())
            self._starts.append(found.end())
        self._ends.append(len(text))

    def line_of(self, offset: int) -> int:
        return bisect_right(self._starts, offset) - 1

    def start_of(self, line: int) -> int:
        """Offset of the first character of a line."""
        return self._starts[line]

    def end_of(self, line: int) -> int:
        """Offset of the end of a line, its break left out."""
        return self._ends[line]

    @property
    def lines(self) -> int:
        return len(self._starts)

    def position(self, offset: int) -> tuple[int, int]:
        """Line and column of an offset. Within a `\\r\\n` it is the end of the line."""
        line = self.line_of(offset)
        return line, self.units(self._text[self._starts[line] : min(offset, self._ends[line])])

    def offset(self, line: int, column: int) -> int:
        """The offset of a line and column."""
        if line >= len(self._starts):
            return len(self._text)
        start, end = self._starts[line], self._ends[line]
        text = self._text[start:end]
        if self._encoding is Encoding.UTF32 or text.isascii():
            return start + min(column, len(text))
        for at, char in enumerate(text):
            column -= self.units(char)
            if column < 0:
                return start + at
        return end

    def units(self, text: str) -> int:
        """The length of a text in columns."""
        if self._encoding is Encoding.UTF32 or text.isascii():
            return len(text)
        if self._encoding is Encoding.UTF8:
            return len(text.encode("utf-8", "surrogatepass"))
        return len(text) + sum(ord(char) > 0xFFFF for char in text)
