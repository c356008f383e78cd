"""What stands before the cursor, word by word: it need not parse for this."""

from __future__ import annotations

from bisect import bisect_left

from resdsl.lsp.documents import Snapshot, Word
from resdsl.records import Record

_CLOSERS = {"RPAR": "LPAR", "RSQB": "LSQB", "RBRACE": "LBRACE"}
_OPENERS = frozenset(_CLOSERS.values())


class OpenCall(Record):
    """The call whose brackets the cursor stands in."""

    name: Word
    open: int
    """Offset of its bracket."""
    given: tuple[str, ...]
    """Names of arguments that are written by name, before the cursor's and behind it."""
    positional: int
    """Arguments without a name before the cursor's."""
    argument: str | None
    """The name of the argument that the cursor stands in, if it has one."""


class Before(Record):
    """The words before the cursor, without comments; `word` is the name that the cursor stands in or behind."""

    words: tuple[Word, ...]
    start: int
    """Where the name begins that is being written: the offset itself if none is."""
    comment: bool = False
    string: Word | None = None
    """The string that the cursor stands in."""

    @property
    def last(self) -> Word | None:
        """The last word that is no newline."""
        return next((word for word in reversed(self.words) if word.kind != "_NL"), None)

    @property
    def begins_line(self) -> bool:
        return not self.words or self.words[-1].kind in {"_NL", "_SEMI"}


def before(snapshot: Snapshot, offset: int) -> Before:
    """What stands before an offset."""
    words = snapshot.raw_words
    count = bisect_left(words, offset, key=lambda word: word.start)
    taken = words[:count]
    start = offset
    if taken:
        last = taken[-1]
        inside = last.end > offset or (last.end == offset and not _closed(last))
        if last.kind == "COMMENT" and offset <= last.end:
            return Before(_plain(taken[:-1]), offset, comment=True)
        if last.kind in {"STRING", "UNCLOSED"} and inside:
            return Before(_plain(taken[:-1]), offset, string=last)
        if inside and (last.text[:1].isalpha() or last.text[:1] == "_"):
            start = last.start
            taken = taken[:-1]
    return Before(_plain(taken), start)


def _closed(word: Word) -> bool:
    return word.kind == "STRING"


def _plain(words: list[Word]) -> tuple[Word, ...]:
    return tuple(word for word in words if word.kind != "COMMENT")


def depth(words: tuple[Word, ...]) -> int:
    """How many braces are open."""
    found = 0
    for word in words:
        if word.kind == "LBRACE":
            found += 1
        elif word.kind == "RBRACE":
            found = max(0, found - 1)
    return found


def open_call(snapshot: Snapshot, offset: int) -> OpenCall | None:
    """The innermost call whose brackets are open at an offset; a list or brackets of an expression in it are passed."""
    here = before(snapshot, offset)
    words = here.words
    closed = 0
    for at in range(len(words) - 1, -1, -1):
        kind = words[at].kind
        if kind in _CLOSERS:
            closed += 1
        elif kind in _OPENERS:
            if closed:
                closed -= 1
            elif kind == "LBRACE":
                return None
            elif kind == "LPAR" and at > 0 and words[at - 1].kind == "NAME":
                return _call(snapshot, words, at, offset)
        elif kind == "ARROW" and not closed:
            return None
    return None


def _call(snapshot: Snapshot, words: tuple[Word, ...], at: int, offset: int) -> OpenCall:
    parts: list[list[Word]] = [[]]
    nested = 0
    for word in words[at + 1 :]:
        if word.kind in _OPENERS:
            nested += 1
        elif word.kind in _CLOSERS:
            nested -= 1
        if word.kind == "COMMA" and nested == 0:
            parts.append([])
        elif word.kind != "_NL":
            parts[-1].append(word)
    names = [part[0].text if len(part) > 1 and part[1].text == "=" else None for part in parts]
    given = [name for name in names[:-1] if name is not None] + _names_behind(snapshot, offset)
    positional = sum(name is None for name in names[:-1])
    return OpenCall(words[at - 1], words[at].start, tuple(given), positional, names[-1])


def _names_behind(snapshot: Snapshot, offset: int) -> list[str]:
    """Names of the arguments that follow the cursor's in the same brackets."""
    words = snapshot.raw_words
    first = bisect_left(words, offset, key=lambda word: word.start)
    found: list[str] = []
    nested = 0
    for at in range(first, len(words) - 1):
        kind = words[at].kind
        if kind in _OPENERS:
            nested += 1
        elif kind in _CLOSERS:
            nested -= 1
        if nested < 0 or kind in {"ARROW", "_NL"}:
            break
        if nested == 0 and kind == "NAME" and words[at + 1].text == "=" and words[at - 1].kind == "COMMA":
            found.append(words[at].text)
    return found
