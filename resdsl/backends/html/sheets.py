"""The pictures of a page: the whole net at two levels, and each of its sections as blocks and as operators."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from resdsl.analysis.sections import sections
from resdsl.backends.dot import draw_view, layout
from resdsl.backends.dot.distinct import Block, blocks
from resdsl.backends.dot.elements import Element
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.parts import common_path, outline
from resdsl.backends.dot.view import View, part_view, view
from resdsl.backends.html.drawing import MARKED, Drawing, drawing
from resdsl.graph.model import Graph, Scope

_MOST_SECTIONS = 40
"""Sections with pictures of their own; a net that has more is one section."""
_MOST_STEPS = 400
"""Steps of one picture of operators; of what has more, one block of each kind is drawn."""
_MOST_DRAWN = 1400
"""Steps of all pictures of operators: a file of about 2 MB."""
_FEW = 60
"""Steps of a section that is drawn whole in a net with too many."""
_MOST_KINDS = 100
"""Kinds of block in one picture."""
_ROOM = {"overview": 1000.0, "stage": 760.0, "block": 900.0, "ops": 1100.0}
"""Points of a row: a window is wider than a page of paper."""


@dataclass(frozen=True)
class Sheet:
    """One picture."""

    level: str
    title: str
    drawing: Drawing
    elements: list[Element]
    section: int | None = None
    """Which part of the net it is of; `None` for the whole."""
    stands: list[list[int]] = field(default_factory=list)
    """Runs of steps that are not drawn, and the first of those drawn that stand for them."""
    note: str = ""
    """What is left out."""


@dataclass(frozen=True)
class _Part:
    """A section of the net."""

    title: str
    items: tuple[Scope | int, ...]
    nodes: tuple[int, ...]
    kinds: list[Block]
    """The first of each kind of block."""
    stands: dict[int, int]
    """Steps of the others, and those of the first that they are equal to."""
    blocks: int


def sheets(graph: Graph, options: PictureOptions) -> list[Sheet]:
    """Every picture, the overview first. Raises as `draw` does, and `GraphvizMissing`."""
    options.check()
    shown = view(graph, options.focus, options.collapse)
    overview = _sheet(shown, "overview", options)
    parts = _parts(shown, overview.elements)
    found = [overview, _sheet(shown, "stage", options)]
    whole = _part(shown, "", shown.items, shown.nodes)
    if len(parts) > 1 and len(whole.kinds) <= _MOST_KINDS:
        found.append(_sheet(shown, "block", options, whole))
    found.extend(_blocks(part, number, shown, options) for number, part in enumerate(parts))
    much = sum(len(part.nodes) for part in parts) > _MOST_DRAWN
    for number, part in enumerate(parts):
        found.append(_operators(part, number, shown, options, most=_FEW if much else _MOST_STEPS))
    return found


def _parts(shown: View, overview: Sequence[Element]) -> list[_Part]:
    titles = {node: element.title for element in overview for node in element.nodes}
    found = sections(shown.graph, shown.items)
    if len(found) > _MOST_SECTIONS:
        return [_part(shown, "", shown.items, shown.nodes)]
    named = [
        (cut.scope.title or cut.scope.path) if cut.scope else titles.get(cut.nodes[0]) or _path(shown.graph, cut.nodes)
        for cut in found
    ]
    unique = [
        title if named.count(title) == 1 else f"{title}: {_path(shown.graph, cut.nodes)}"
        for title, cut in zip(named, found, strict=True)
    ]
    return [
        _part(shown, title, tuple(outline(shown, cut)), cut.nodes) for title, cut in zip(unique, found, strict=True)
    ]


def _path(graph: Graph, nodes: Sequence[int]) -> str:
    """The first name of a path that the steps have in common, or of the first that has one."""
    named = (graph.node(node).path for node in nodes)
    return (common_path(graph, nodes) or next(filter(None, named), "")).partition(".")[0]


def _part(shown: View, title: str, items: tuple[Scope | int, ...], nodes: tuple[int, ...]) -> _Part:
    first: dict[object, Block] = {}
    stands: dict[int, int] = {}
    count = 0
    for block in blocks(part_view(shown.graph, title, items, shown.collapse, title or None)):
        count += 1
        known = first.setdefault(block.key, block)
        if known is not block:
            stands |= zip(_nodes(block), _nodes(known), strict=False)
    return _Part(title, items, nodes, list(first.values()), stands, count)


def _nodes(block: Block) -> Iterator[int]:
    for item in block.items:
        if isinstance(item, Scope):
            yield from item.nodes()
        else:
            yield item


def _blocks(part: _Part, number: int, shown: View, options: PictureOptions) -> Sheet:
    items, note = part.items, ""
    if len(part.kinds) > _MOST_KINDS:
        items = tuple(item for block in part.kinds[:_MOST_KINDS] for item in block.items)
        note = f"The first {_MOST_KINDS} of {len(part.kinds):,} kinds of block."
    cut = _cut(shown, part, items)
    return _sheet(cut, "block", options, part, number, note)


def _operators(part: _Part, number: int, shown: View, options: PictureOptions, *, most: int) -> Sheet:
    if len(part.nodes) <= most:
        whole = _cut(shown, part, part.items)
        return _sheet(whole, "ops", options, part, number)
    kept: list[Block] = []
    steps = 0
    for block in part.kinds:
        steps += sum(1 for _ in _nodes(block))
        if kept and steps > _MOST_STEPS:
            break
        kept.append(block)
    items = tuple(item for block in kept for item in block.items)
    note = (
        f"{len(kept)} of {part.blocks:,} blocks; the others are like one of these but for their widths."
        if len(kept) == len(part.kinds)
        else f"The first {len(kept)} of {len(part.kinds):,} kinds of block."
    )
    cut = _cut(shown, part, items)
    return _sheet(cut, "ops", options, part, number, note)


def _cut(shown: View, part: _Part, items: tuple[Scope | int, ...]) -> View:
    """A part's items, or some of them."""
    title = f"{shown.title}: {part.title}" if part.title else shown.title
    return part_view(shown.graph, title, items, shown.collapse, part.title or None)


def _sheet(
    shown: View,
    level: str,
    options: PictureOptions,
    part: _Part | None = None,
    section: int | None = None,
    note: str = "",
) -> Sheet:
    # A person may ask for rows of a width, or of so many parts.
    wide = options if options.width or options.wrap != "auto" else options.with_room(_ROOM[level])
    text, elements = draw_view(shown, level, wide, MARKED)
    numbers = {element.id: number for number, element in enumerate(elements)}
    title = part.title if part and part.title else "all"
    stands = part.stands if part and (level == "block" or note) else {}
    return Sheet(level, title, drawing(layout.svg(text), numbers), elements, section, _runs(stands), note)


def _runs(stands: Mapping[int, int]) -> list[list[int]]:
    """First and last of each run of steps, and the step that stands for the first."""
    found: list[list[int]] = []
    pairs = sorted(stands.items())
    for _, group in groupby(enumerate(pairs), key=lambda pair: (pair[1][0] - pair[0], pair[1][1] - pair[0])):
        run = [pair for _, pair in group]
        found.append([run[0][0], run[-1][0], run[0][1]])
    return found
