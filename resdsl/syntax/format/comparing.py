"""Whether two texts mean the same: their trees up to places, and their comments."""

from __future__ import annotations

from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax import tree


def difference(before: tree.File, after: tree.File) -> str:
    """What the first difference is, in words; empty where the trees agree up to places and the comments are equal."""
    if before.header != after.header:
        return "another header"
    if _comments(before) != _comments(after):
        return "other comments"
    stack: list[tuple[object, object]] = [(before.items, after.items)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, Span) and isinstance(other, Span):
            continue
        if type(one) is not type(other):
            return f"{type(one).__name__} became {type(other).__name__}"
        if isinstance(one, Record):
            stack.extend((getattr(one, name), getattr(other, name)) for name in type(one).__match_args__)
        elif isinstance(one, tuple) and isinstance(other, tuple):
            if len(one) != len(other):
                return f"{len(one)} parts became {len(other)}"
            stack.extend(zip(one, other, strict=True))
        elif one != other:
            return f"{one} became {other}"
    return ""


def _comments(file: tree.File) -> list[str]:
    return [comment.span.text.rstrip() for comment in file.comments]
