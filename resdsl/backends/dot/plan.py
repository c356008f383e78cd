"""What goes where at the stage level: sections as pieces, pieces in rows, rows in columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from resdsl.analysis.sections import Section, sections
from resdsl.analysis.summary import Stage, summarize
from resdsl.backends.dot import text, theme
from resdsl.backends.dot.parts import Box, Part, outline, parts
from resdsl.backends.dot.tables import Row
from resdsl.graph.model import Graph, Scope, ScopeKind

WRAP = 680.0
"""Points of a row by default: at the text width of a paper its letters are still readable."""

_CHARACTER = 0.5
"""Mean width of a letter, in parts of its size."""
_EDGE, _LABELLED, _END = 16.0, 70.0, 30.0
"""Points of an edge, of one with a shape, of what begins or ends a row."""

_FRAMED = {ScopeKind.STAGE, ScopeKind.REGION}
_WHOLE = {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE, ScopeKind.AUX}
_FURTHEST = 6
"""Columns that a row may begin further to the right than it must."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stage, or the part of one that fits a row."""

    title: str | None
    """`None` without a frame."""
    figures: str
    parts: tuple[Part, ...]
    gives: int
    aux: bool = False


def plan(graph: Graph) -> list[Piece]:
    cuts = sections(graph)
    rows = summarize(graph).stages
    written = any(cut.scope for cut in cuts)
    return [
        _piece(graph, cut, row, place, len(cuts), written=written)
        for place, (cut, row) in enumerate(zip(cuts, rows, strict=True))
    ]


def _piece(graph: Graph, cut: Section, row: Stage, place: int, total: int, *, written: bool) -> Piece:
    figures = f"{text.params(row.params)} · {text.macs(row.macs)}" if row.macs else text.params(row.params)
    last = graph.node(cut.nodes[-1])
    aux = cut.scope is not None and cut.scope.kind is ScopeKind.AUX
    if aux or (cut.scope is not None and cut.scope.kind in _FRAMED):
        found = parts(graph, outline(graph, cut))
        figures = f"{text.shape(last.shape)} · {figures}"
        return Piece(text.clip(row.path), figures, tuple(found), last.id, aux)
    name = "stem" if place == 0 else "head" if place == total - 1 else None
    if not written and not (name == "head" and last.shape.dims == 0):
        name = f"stride {row.stride}" if row.stride else name
    items = list(outline(graph, cut))
    if any(_is_construct(item) for item in items):
        name = None
    elif written and len(items) > 1:
        items = list(cut.nodes)  # a stem of several small blocks: one box of all their operators
    found = parts(graph, items, name)
    if len(found) == 1 and isinstance(found[0], Box):
        quiet = Row(figures, size=7, color=theme.MUTED)
        only = replace(found[0], rows=(*found[0].rows, quiet) if row.params else found[0].rows)
        return Piece(None, figures, (only,), last.id)
    if all(isinstance(part, Box) and not part.aux for part in found) and written:
        return Piece(None, figures, tuple(found), last.id)
    title = f"stride {row.stride}" if row.stride else row.path
    return Piece(title, f"{text.shape(last.shape)} · {figures}", tuple(found), last.id)


def _is_construct(item: Scope | int) -> bool:
    """Whether it is more than operators in a row."""
    return isinstance(item, Scope) and any(inner.kind in _WHOLE for inner in item.walk())


def wrapped(graph: Graph, pieces: Sequence[Piece], wrap: float | None) -> list[list[Piece]]:
    """Pieces into rows by their estimated widths; a stage wider than a row goes on in the next."""
    if wrap is None:
        return [list(pieces)]
    rows: list[list[Piece]] = [[]]
    shape = graph.node(graph.inputs[0]).shape
    used = 2 * _END
    for whole in pieces:
        for piece in _split(whole, wrap - 2 * _END):
            after = graph.node(piece.gives).shape
            width = _piece_width(piece) + (_EDGE if after == shape else _LABELLED)
            if piece.aux:
                rows[-1].append(piece)
                continue
            if rows[-1] and used + width > wrap:
                rows.append([])
                used = 2 * _END + _LABELLED
            rows[-1].append(piece)
            used += width
            shape = after
    return rows


def _split(piece: Piece, wrap: float) -> Iterator[Piece]:
    """The pieces of a stage that each fit a row."""
    start, used = 0, 0.0
    for place, part in enumerate(piece.parts):
        width = _width(part)
        if place > start and used + width > wrap:
            yield _sub(piece, start, place)
            start, used = place, 0.0
        used += width
    yield _sub(piece, start, len(piece.parts))


def _sub(piece: Piece, start: int, end: int) -> Piece:
    if (start, end) == (0, len(piece.parts)):
        return piece
    found = piece.parts[start:end]
    if start == 0:
        return replace(piece, parts=found, gives=found[-1].gives)
    title = piece.title and f"{piece.title}, continued"
    return replace(piece, title=title, figures="", parts=found, gives=found[-1].gives)


def _piece_width(piece: Piece) -> float:
    return sum(map(_width, piece.parts))


def _width(part: Part) -> float:
    if isinstance(part, Box):
        longest = max(((len(row.text) + 3 * (row.count > 1)) * row.size for row in part.rows), default=0)
        return max(80.0, longest * _CHARACTER + 8) + _EDGE
    return sum(map(_width, part.main)) + 2 * _END + (_END if part.gate else 0)


# --- columns --------------------------------------------------------------------------------------------------------


def shifts(graph: Graph, rows: Sequence[Sequence[Piece]]) -> list[int]:
    """How many columns each row is moved to the right. All rows share their columns, each as wide as its widest
    node; a row is moved to where it widens them least, so that boxes stand below boxes and shapes below shapes."""
    columns: list[float] = []
    found = []
    before = shown = graph.node(graph.inputs[0]).shape
    for number, row in enumerate(rows):
        widths: list[float] = []
        for piece in row:
            if piece.aux:
                continue
            if before != shown or (number and piece is row[0]):
                widths.append(_LABELLED - _EDGE)
            shown = before
            widths.extend(width for part in piece.parts for width in _columns(part))
            before = graph.node(piece.gives).shape
        moved = [[0.0] * shift + widths for shift in range(_FURTHEST if number else 1)]
        shift = min(range(len(moved)), key=lambda s: (sum(_widest(columns, moved[s])) + 4 * s, s))
        columns = _widest(columns, moved[shift])
        found.append(shift)
    return found


def _widest(columns: Sequence[float], widths: Sequence[float]) -> list[float]:
    return [max(pair) for pair in zip_longest(columns, widths, fillvalue=0.0)]


def _columns(part: Part) -> list[float]:
    if isinstance(part, Box):
        return [] if part.aux else [_width(part) - _EDGE]
    inner = [width for nested in part.main for width in _columns(nested)]
    return [4.0, *inner, *([18.0] if part.gate else []), 18.0]
