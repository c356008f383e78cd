"""Where lines break.

A statement stays on one line if it was written so and fits. Else the first of these that makes it fit: it breaks before
`->` and clauses; its bodies open; its brackets open; both. What is in braces is then laid out likewise, further in.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from lark.lexer import Token

from resdsl.syntax.format.reading import CLAUSES, Body, Bracket, Entry, Leaf, Part, separated, total

COLUMNS = 120
INDENT = 2

_BREAKS = CLAUSES | {"ARROW"}


@dataclass(slots=True, eq=False)
class Line:
    """Words with the blanks before each, and the comment that ends the line, or is it."""

    indent: int
    words: list[Leaf] = field(default_factory=list)
    gaps: list[int] = field(default_factory=list)
    comment: Token | None = None
    spaced: bool = False
    """A blank line stands before it."""


def lay_out(entries: list[Entry]) -> list[Line]:
    """The lines of a text."""
    lines: list[Line] = []
    _lay_entries(entries, 0, lines)
    return lines


def _lay_entries(entries: list[Entry], indent: int, lines: list[Line]) -> None:
    for entry, at in zip(entries, _indents(entries, indent), strict=True):
        first = len(lines)
        if entry.comment is not None:
            lines.append(Line(at, comment=entry.comment))
        else:
            _lay_statement(entry.parts, at, lines)
        lines[first].spaced = entry.spaced


def _indents(entries: list[Entry], indent: int) -> list[int]:
    """Of each entry: what follows a `|` on lines of its own belongs to that branch, a comment to what follows it."""
    found: list[int] = []
    inner = indent
    for entry in entries:
        if entry.branches:
            inner = indent + INDENT
        found.append(indent if entry.branches else inner)
    following = indent
    for at in reversed(range(len(entries))):
        if entries[at].comment is not None:
            found[at] = following
        following = found[at]
    return found


def _lay_statement(parts: list[Part], indent: int, lines: list[Line]) -> None:
    for bodies, brackets in ((False, False), (True, False), (False, True), (True, True)):
        attempt = _Attempt(indent, open_bodies=bodies, open_brackets=brackets)
        attempt.lay(parts)
        if attempt.fits:
            break
    for piece in attempt.pieces:
        if isinstance(piece, Line):
            lines.append(piece)
        else:
            _lay_entries(piece.body.entries, piece.indent, lines)


@dataclass(slots=True, eq=False)
class _Inside:
    """The place of what is in an open body."""

    body: Body
    indent: int


class _Attempt:
    """One way to break a statement, without what is in its open bodies."""

    def __init__(self, indent: int, *, open_bodies: bool, open_brackets: bool) -> None:
        self.indent = indent
        self.open_bodies = open_bodies
        self.open_brackets = open_brackets
        self.fits = True
        self.line = Line(indent)
        self.pieces: list[Line | _Inside] = [self.line]
        self.column = indent

    def lay(self, parts: list[Part]) -> None:
        for at, part in enumerate(parts):
            before = parts[at - 1] if at else None
            if isinstance(part, Body):
                self._body(part)
            elif isinstance(part, Bracket):
                self._bracket(part, self._ahead(parts, at + 1))
            elif part.kind in _BREAKS:
                self._break_or_not(part, before, self._ahead(parts, at + 1))
            else:
                self._put(part)

    # --- words -----------------------------------------------------------------------------------

    def _new_line(self, indent: int) -> None:
        self.column = indent
        if not self.line.words and self.line.comment is None:
            self.line.indent = indent
            return
        self.line = Line(indent)
        self.pieces.append(self.line)

    def _put(self, leaf: Leaf, indent: int | None = None) -> None:
        """A word on the line; on a line of its own, at `indent`, where comments are before it."""
        at = self.indent + INDENT if indent is None else indent
        for comment in leaf.above:
            self._new_line(at)
            self.line.comment = comment
        if self.line.comment is not None:
            self._new_line(at)
        self._word(leaf)

    def _word(self, leaf: Leaf) -> None:
        self.line.gaps.append(int(bool(self.line.words) and not leaf.glued))
        self.line.words.append(leaf)
        self.line.comment = leaf.behind
        self.column += self.line.gaps[-1] + len(leaf.text)
        self.fits &= self.column <= COLUMNS

    def _put_flat(self, part: Part) -> None:
        for leaf in _words(part):
            self._put(leaf)

    def _ahead(self, parts: list[Part], at: int) -> int:
        """Columns from a part up to where the line may break next."""
        columns = 0
        for part in islice(parts, at, None):
            if isinstance(part, Leaf):
                if part.kind in _BREAKS or part.above:
                    break
                columns += len(part.text) + (not part.glued)
                end = part
            else:
                opens = self._opens(part) if isinstance(part, Body) else part.width is None
                if opens or part.width is None:
                    return columns + 1 + (not part.opening.glued)
                columns += part.width
                end = part.closing
            if end.behind:
                break
        return columns

    # --- arrows and clauses ----------------------------------------------------------------------

    def _break_or_not(self, leaf: Leaf, before: Part | None, ahead: int) -> None:
        behind_body = isinstance(before, Body)
        indent = self.indent if behind_body and leaf.kind == "ELSE" else self.indent + INDENT
        stays = leaf.kept and isinstance(before, Body) and not self._opens(before)
        if stays or (self.line.words and self.column + 1 + len(leaf.text) + ahead > COLUMNS):
            self._new_line(indent)
        self._put(leaf, indent)

    # --- bodies and brackets ---------------------------------------------------------------------

    def _opens(self, body: Body) -> bool:
        return self.open_bodies or body.width is None

    def _body(self, body: Body) -> None:
        if not self._opens(body):
            self._put_flat(body)
            return
        self._put(body.opening)
        if not body.entries and body.opening.behind is None:
            self._put(body.closing)
            return
        indent = self.line.indent
        self.pieces.append(_Inside(body, indent + INDENT))
        self.line = Line(indent)
        self.pieces.append(self.line)
        self.column = indent
        self._put(body.closing)

    def _bracket(self, bracket: Bracket, ahead: int) -> None:
        fits = bracket.width is not None and (
            not self.open_brackets or self.column + bracket.width + ahead <= COLUMNS or not bracket.parts
        )
        if fits:
            self._put_flat(bracket)
            return
        self._put(bracket.opening)
        outer, self.indent = self.indent, self.line.indent
        self._new_line(self.indent + INDENT)
        for item in _items(bracket.parts):
            self._item(item)
        for comment in bracket.closing.above:
            self._new_line(self.indent + INDENT)
            self.line.comment = comment
        self._new_line(self.indent)
        self._word(bracket.closing)
        self.indent = outer

    def _item(self, item: list[Part]) -> None:
        """What stands between commas, on the line if there is room."""
        width = total(item, last=True)
        indent = self.indent + INDENT
        if self.line.words and (width is None or self.column + width > COLUMNS):
            self._new_line(indent)
        whole = width is not None and indent + width <= COLUMNS
        for at, part in enumerate(item):
            if isinstance(part, Bracket) and not whole:
                self._bracket(part, self._ahead(item, at + 1))
            else:
                self._put_flat(part)


def _items(parts: list[Part]) -> list[list[Part]]:
    items: list[list[Part]] = [[]]
    for part in parts:
        items[-1].append(part)
        if isinstance(part, Leaf) and part.kind == "COMMA":
            items.append([])
    return [item for item in items if item]


def _words(part: Part) -> Iterator[Leaf]:
    """The words of what stands on one line, semicolons included."""
    if isinstance(part, Leaf):
        yield part
        return
    yield part.opening
    if isinstance(part, Bracket):
        inner = part.parts
    else:
        inner = []
        for entry in part.entries:
            if separated(part, entry):
                inner.append(Leaf(";", "SEMI", -1, glued=True, broken=False))
            inner.extend(entry.parts)
    for one in inner:
        yield from _words(one)
    yield part.closing
