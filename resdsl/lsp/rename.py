"""Another name for a definition, at all its places; refused where the text would mean something else then."""

from __future__ import annotations

import re

from resdsl.elaborate.symbols import Kind, predefined
from resdsl.lsp.documents import Snapshot, Workspace
from resdsl.lsp.navigation import Target, Use, target_at, uses
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax.keywords import KEYWORDS

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Refusal(Exception):  # noqa: N818 - an answer, not an error of the program
    """Why a name cannot be changed, as a sentence for the user."""


class Renaming(Record):
    """The places that a new name takes."""

    uses: tuple[Use, ...]
    name: str


def renamable(workspace: Workspace, snapshot: Snapshot, offset: int) -> Span:
    """The place of the name at an offset. Raises `Refusal` where it cannot be changed."""
    target = _target(workspace, snapshot, offset)
    here = next((use.span for use in uses(workspace, target, snapshot) if _covers(use, snapshot, offset)), None)
    if here is None:
        raise Refusal("there is no name here that can be changed")
    return here


def rename(workspace: Workspace, snapshot: Snapshot, offset: int, name: str) -> Renaming:
    """All places of the name at an offset. Raises `Refusal` if the new name is taken or is none."""
    target = _target(workspace, snapshot, offset)
    _check_name(name)
    found = tuple(uses(workspace, target, snapshot))
    if name != target.symbol.name:
        _check_free(target, found, name)
        _check_dynamic(target, found)
    return Renaming(found, name)


def _target(workspace: Workspace, snapshot: Snapshot, offset: int) -> Target:
    target = target_at(workspace, snapshot, offset)
    if target is None:
        raise Refusal("there is no name here that can be changed")
    symbol = target.symbol
    if symbol.span is None:
        raise Refusal(f"`{symbol.name}` is part of the language")
    if target.snapshot.shipped:
        raise Refusal(f"`{symbol.name}` belongs to the library that ships")
    if symbol.kind is Kind.IMPORT:
        raise Refusal(f"the file that defines `{symbol.name}` cannot be read")
    if symbol.computed or any(use.span.text != symbol.name for use in uses(workspace, target, snapshot)):
        raise Refusal(f"`{symbol.name}` is a computed name: change the `keep` that computes it by hand")
    return target


def _covers(use: Use, snapshot: Snapshot, offset: int) -> bool:
    return use.snapshot is snapshot and use.span.start <= offset <= use.span.end


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Refusal(f"`{name}` is no name: one has letters, digits and underscores, and begins with no digit")
    if name in KEYWORDS:
        raise Refusal(f"`{name}` is a word of the language")
    if name in predefined():
        raise Refusal(f"`{name}` is predefined")


def _check_free(target: Target, found: tuple[Use, ...], name: str) -> None:
    """Refuses a name that means something where the old one stands, or would be hidden by it."""
    symbol = target.symbol
    for snapshot in dict.fromkeys(use.snapshot for use in found):
        index = snapshot.index
        if name in index.top:
            raise Refusal(_taken(name, index.top[name].kind.value, snapshot, index.top[name].span))
        for other in index.occurrences:
            if other.symbol.name != name:
                continue
            if symbol.top or (symbol.within is not None and _inside(other.span, symbol.within)):
                raise Refusal(_taken(name, other.symbol.kind.value, snapshot, other.span))


def _inside(span: Span, around: Span) -> bool:
    return span.source is around.source and around.start <= span.start and span.end <= around.end


def _taken(name: str, what: str, snapshot: Snapshot, span: Span | None) -> str:
    file = snapshot.path.name if snapshot.path else snapshot.source.name
    line = f", line {span.line}" if span is not None else ""
    article = "an" if what[0] in "aeiou" else "a"
    return f"`{name}` is already {article} {what} ({file}{line})"


def _check_dynamic(target: Target, found: tuple[Use, ...]) -> None:
    """Refuses to rename a parameter that may also be given by name to a block that is known only when it is called."""
    if target.symbol.kind is not Kind.PARAMETER:
        return
    for snapshot in dict.fromkeys((target.snapshot, *(use.snapshot for use in found))):
        for argument in snapshot.index.arguments:
            callee = argument.callee
            unknown = callee is None or callee.kind in {Kind.PARAMETER, Kind.VALUE, Kind.VARIABLE}
            if argument.name == target.symbol.name and unknown:
                called = callee.name if callee is not None else "a value"
                raise Refusal(
                    f"`{argument.name}` is given by name to `{called}` (line {argument.span.line}), which may be this "
                    "block or another: rename it by hand"
                )
