"""What goes where at the stage level: sections as pieces, pieces in rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from itertools import pairwise

from resdsl.analysis.sections import Section, sections
from resdsl.backends.dot import text
from resdsl.backends.dot.elements import Figures
from resdsl.backends.dot.folding import Box, Group, Part, Unit
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.parts import common_path, module_path, outline, parts
from resdsl.backends.dot.tables import Row
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.records import Record
from resdsl.source import Span

_CHARACTER = 0.55
"""Mean width of a letter, in parts of its size."""
_EDGE, _LABELLED, _END = 18.0, 66.0, 36.0
"""Points of an edge, of one with a shape, of what begins or ends a row."""

_FRAMED = {ScopeKind.STAGE, ScopeKind.REGION}
_WHOLE = {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE, ScopeKind.AUX}


@dataclass(frozen=True, slots=True)
class Piece:
    """A stage, or the part of one that fits a row."""

    title: str | None
    """`None` without a frame."""
    figures: str
    parts: tuple[Part, ...]
    gives: int
    nodes: tuple[int, ...]
    path: str = ""
    span: Span | None = None
    aux: bool = False


def plan(view: View) -> list[Piece]:
    """The sections of a view, in order."""
    figures = Figures(view.graph)
    cuts = sections(view.graph, view.items)
    written = any(cut.scope for cut in cuts)
    return [
        _piece(view, cut, figures, _word(view.graph, place, cuts, written=written), written=written)
        for place, cut in enumerate(cuts)
    ]


def _word(graph: Graph, place: int, cuts: Sequence[Section], *, written: bool) -> str | None:
    """What a section that has no name is called."""
    name = "stem" if place == 0 else "head" if place == len(cuts) - 1 else None
    last = graph.node(cuts[place].nodes[-1])
    if not written and not (name == "head" and last.shape.dims == 0):
        return stride(last) or name
    return name


def stride(node: Node) -> str:
    """`stride 4`; empty after the last map."""
    if not node.shape.size or max(node.shape.size) == 1:
        return ""
    steps = tuple(dict.fromkeys(node.stride))
    return f"stride {text.size(tuple(map(str, steps if len(steps) == 1 else node.stride)))}"


def _piece(view: View, cut: Section, known: Figures, name: str | None, *, written: bool) -> Piece:
    graph = view.graph
    params, macs = known.params(cut.nodes), known.macs(cut.nodes)
    figures = f"{text.params(params)} · {text.macs(macs)}" if macs else text.params(params)
    last = graph.node(cut.nodes[-1])
    scope = cut.scope
    if scope is not None and (scope.kind is ScopeKind.AUX or scope.kind in _FRAMED):
        found = parts(view, outline(view, cut))
        title = text.clip(scope.title or scope.path)
        figures = f"{text.shape(last.shape)} · {figures}"
        aux, path = scope.kind is ScopeKind.AUX, module_path(graph, scope)
        return Piece(title, figures, tuple(found), last.id, cut.nodes, path, scope.span, aux)
    items = list(outline(view, cut))
    if any(_is_construct(view, item) for item in items):
        name = None
    elif written and len(items) > 1 and not graph.faults and _is_line(graph, cut.nodes):
        items = list(cut.nodes)  # a stem of several small blocks: one box of all their operators
    found = parts(view, items, name)
    path = common_path(graph, cut.nodes)
    if len(found) == 1 and isinstance(found[0], Box):
        quiet = Row(figures, color="muted")
        only = replace(found[0], rows=(*found[0].rows, quiet) if params else found[0].rows)
        return Piece(None, figures, (only,), last.id, cut.nodes, path)
    if all(isinstance(part, Box) and not part.aux for part in found) and written:
        return Piece(None, figures, tuple(found), last.id, cut.nodes, path)
    title = stride(last) or text.clip(path) or "head"
    return Piece(title, f"{text.shape(last.shape)} · {figures}", tuple(found), last.id, cut.nodes, path)


def _is_construct(view: View, item: Scope | int) -> bool:
    """Whether it is more than operators in a row."""
    if isinstance(item, int):
        return False
    return view.is_collapsed(item) or any(inner.kind in _WHOLE or view.is_collapsed(inner) for inner in item.walk())


def _is_line(graph: Graph, nodes: Sequence[int]) -> bool:
    """Whether each reads what the one before it gives, and nothing else."""
    return all(graph.node(node).operands == (before,) for before, node in pairwise(nodes))


def is_beside(part: Part) -> bool:
    """Whether the trunk goes past a part, not through it."""
    return isinstance(part, Box) and part.aux


class Uses(Record):
    """Where values are read."""

    next: frozenset[int]
    """By the part right after the one that gives them: the trunk goes on."""
    elsewhere: frozenset[int]
    """By another: they are shown under their names."""


def uses_of(view: View, pieces: Sequence[Piece]) -> Uses:
    """Of all values that parts read."""
    following: set[int] = set()
    elsewhere: set[int] = set()
    value = view.inputs[0] if view.inputs else -1
    for piece in pieces:
        for part in piece.parts:
            for read in part.reads:
                (following if read == value else elsewhere).add(read)
            value = value if is_beside(part) else part.gives
    return Uses(frozenset(following), frozenset(elsewhere))


def wrapped(view: View, pieces: Sequence[Piece], uses: Uses, options: PictureOptions) -> list[list[Piece]]:
    """Pieces into rows: as many as the options say, or by their estimated widths; a stage wider than a row goes on in
    the next."""
    if isinstance(options.wrap, int):
        return _counted(pieces, options.wrap)
    leaving = uses.elsewhere | {value for _, value in view.outputs}
    rows: list[list[Piece]] = [[]]
    value = view.inputs[0] if view.inputs else -1
    shown = view.graph.node(value).shape if view.inputs else None
    used = 2 * _END
    for whole in pieces:
        if whole.aux:
            rows[-1].append(whole)
            continue
        for piece in _split(whole, options.row - 2 * _END - _LABELLED, leaving):
            after = view.graph.node(piece.gives).shape
            width = _piece_width(piece, leaving) + (_EDGE if after == shown else _LABELLED)
            if piece.parts and value not in piece.parts[0].reads:
                width += _LABELLED
            if rows[-1] and used + width > options.row:
                rows.append([])
                used = 2 * _END + _LABELLED
            rows[-1].append(piece)
            used += width
            shown, value = after, piece.gives
    return rows


def _counted(pieces: Sequence[Piece], most: int) -> list[list[Piece]]:
    """Rows of a number of pieces; what is trained along with them does not count."""
    rows: list[list[Piece]] = [[]]
    for piece in pieces:
        if not piece.aux and sum(not other.aux for other in rows[-1]) == most:
            rows.append([])
        rows[-1].append(piece)
    return rows


def _split(piece: Piece, wrap: float, leaving: AbstractSet[int]) -> Iterator[Piece]:
    """The pieces of a stage that each fit a row."""
    start, used = 0, 0.0
    for place, part in enumerate(piece.parts):
        width = _width(part) + _hanging(part, leaving)
        if place and piece.parts[place - 1].gives not in part.reads:
            width += _LABELLED
        if place > start and used + width > wrap:
            yield _sub(piece, start, place)
            start, used = place, 0.0
        used += width
    yield _sub(piece, start, len(piece.parts))


def _sub(piece: Piece, start: int, end: int) -> Piece:
    if (start, end) == (0, len(piece.parts)):
        return piece
    found = piece.parts[start:end]
    nodes = tuple(node for part in found for node in part.nodes)
    if start == 0:
        return replace(piece, parts=found, gives=found[-1].gives, nodes=nodes)
    title = piece.title and f"{piece.title}, continued"
    return replace(piece, title=title, figures="", parts=found, gives=found[-1].gives, nodes=nodes)


def _hanging(part: Part, leaving: AbstractSet[int]) -> float:
    """What the names of values that are used elsewhere take."""
    return _LABELLED * sum(node in leaving for node in part.nodes)


def _piece_width(piece: Piece, leaving: AbstractSet[int]) -> float:
    inside = sum(_width(part) + _hanging(part, leaving) for part in piece.parts)
    broken = sum(before.gives not in after.reads for before, after in pairwise(piece.parts))
    inside += broken * _LABELLED
    if piece.title is None:
        return inside
    title = 10 * 0.6 * len(piece.title) + 8 * _CHARACTER * len(piece.figures) + 20
    return max(inside + 14, title)


def _width(part: Part) -> float:
    if isinstance(part, Group):
        return sum(map(_width, part.parts)) + 24
    if isinstance(part, Unit):
        arc = max((len(row.text) * row.size * _CHARACTER for row in part.shortcut), default=0.0)
        return max(sum(map(_width, part.main)), arc) + _END + 10 + (_END if part.gate else 0)
    if part.aux:
        return 0.0
    if part.fault is not None:
        return 150.0 + _EDGE
    longest = max(((len(row.text) + 3 * (row.count > 1)) * row.size * 0.5 for row in part.rows), default=0.0)
    title = (len(part.title) + 4 * (part.count > 1)) * 9 * 0.6 if part.title else 0.0
    return max(80.0, longest + 8, title + 8) + _EDGE
