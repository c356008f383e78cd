"""Colours that know what a name stands for."""

from __future__ import annotations

from resdsl.elaborate.symbols import Kind, Occurrence
from resdsl.lsp.documents import Snapshot, Workspace
from resdsl.records import Record
from resdsl.syntax.tokens import KEYWORD_TYPES

TYPES = (
    "class", "comment", "enumMember", "function", "keyword", "namespace", "number", "operator", "parameter", "property",
    "string", "variable",
)  # fmt: skip
MODIFIERS = ("declaration", "defaultLibrary", "readonly")

_BY_KIND: dict[Kind, tuple[str, tuple[str, ...]]] = {
    Kind.BLOCK: ("class", ()),
    Kind.MODEL: ("class", ()),
    Kind.FUNCTION: ("function", ()),
    Kind.VALUE: ("variable", ("readonly",)),
    Kind.IMPORT: ("class", ()),
    Kind.PARAMETER: ("parameter", ()),
    Kind.VARIABLE: ("variable", ()),
    Kind.KEPT: ("variable", ()),
    Kind.SHARED: ("class", ()),
    Kind.INPUT: ("variable", ()),
    Kind.OPERATOR: ("function", ("defaultLibrary",)),
    Kind.BUILTIN: ("function", ("defaultLibrary",)),
    Kind.INITIALISER: ("function", ("defaultLibrary",)),
    Kind.PREDEFINED: ("variable", ("defaultLibrary", "readonly")),
}
_BY_WORD = {
    "COMMENT": "comment",
    "NUMBER": "number",
    "SIZE": "number",
    "STRING": "string",
    "UNCLOSED": "string",
    "ARROW": "operator",
    "CMP": "operator",
    "ADDOP": "operator",
    "MULOP": "operator",
    "TILDE": "operator",
    "VBAR": "operator",
    "_X": "operator",
}


class Token(Record):
    start: int
    end: int
    type: str
    modifiers: tuple[str, ...] = ()


def tokens(workspace: Workspace, snapshot: Snapshot) -> list[Token]:
    """The tokens of a text in order, none within another."""
    named = {o.span.start: o for o in snapshot.index.occurrences if o.span.text.isidentifier()}
    arguments = {argument.span.start for argument in snapshot.index.arguments}
    comments = [word for word in snapshot.raw_words if word.kind == "COMMENT"]
    found: list[Token] = []
    for word in sorted([*snapshot.words, *comments], key=lambda word: word.start):
        occurrence = named.get(word.start)
        if word.start in arguments:
            found.append(Token(word.start, word.end, "parameter"))
        elif occurrence is not None and occurrence.span.end == word.end:
            found.append(_named(workspace, snapshot, occurrence))
        elif word.kind in KEYWORD_TYPES:
            found.append(Token(word.start, word.end, "keyword"))
        elif word.kind in {"NAME", "TAIL"}:
            std = word.text == "std" and snapshot.text[: word.start].rstrip().endswith("use")
            found.append(Token(word.start, word.end, "namespace" if std else "property"))
        elif word.kind in _BY_WORD:
            found.append(Token(word.start, word.end, _BY_WORD[word.kind]))
    return found


def _named(workspace: Workspace, snapshot: Snapshot, occurrence: Occurrence) -> Token:
    kind = workspace.defined(occurrence.symbol, snapshot)[0].kind
    type_, modifiers = _BY_KIND[kind]
    if occurrence.defines:
        modifiers = ("declaration", *modifiers)
    return Token(occurrence.span.start, occurrence.span.end, type_, modifiers)
