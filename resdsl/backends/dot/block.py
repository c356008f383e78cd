"""The levels of blocks and of operators: each distinct block with all it does, or every operator; a column a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resdsl.backends.dot.canvas import Canvas
from resdsl.backends.dot.column import Column
from resdsl.backends.dot.dense import Growth, growths
from resdsl.backends.dot.distinct import Block, blocks, distinct
from resdsl.backends.dot.heading import heading
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.view import View


def draw_blocks(view: View, canvas: Canvas, options: PictureOptions) -> str:
    """DOT text of each distinct block, on a canvas that goes from top to bottom."""
    columns: list[Column | Growth] = [Column(view, canvas, block) for block in distinct(view)]
    columns.extend(growths(view, canvas))
    return _drawn(view, canvas, columns, options)


def draw_operators(view: View, canvas: Canvas, options: PictureOptions) -> str:
    """DOT text of every operator with its module path, a column for each block."""
    return _drawn(view, canvas, [Column(view, canvas, block, single=True) for block in _cut(view)], options)


_TALLEST = 14
"""Operators of a column that stand in no block."""


def _cut(view: View) -> Iterable[Block]:
    """All blocks; long runs of operators in several columns."""
    for block in blocks(view):
        if len(block.items) <= _TALLEST:
            yield block
            continue
        for start in range(0, len(block.items), _TALLEST):
            part = block.items[start : start + _TALLEST]
            first = next((view.graph.node(i).path for i in part if isinstance(i, int) and view.graph.node(i).name), "")
            yield Block(block.title, part, block.key, [first])


def _drawn(view: View, canvas: Canvas, columns: Sequence[Column | Growth], options: PictureOptions) -> str:
    across, columns = _arranged(columns, options)
    canvas.columns = across
    for column in columns:
        with canvas.part():
            column.draw()
    return canvas.finish(heading(view, canvas, options))


def _arranged(columns: Sequence[Column | Growth], options: PictureOptions) -> tuple[int, Sequence[Column | Growth]]:
    """How many stand side by side, and in which order: as the options say, or as many as fit.

    Each place of a row is as wide as the widest block below it. Where some are much wider than the others, they stand
    last in their rows.
    """
    if isinstance(options.wrap, int):
        return options.wrap, columns
    widths = [column.width for column in columns]
    simple = _fitting(widths, options.row)
    wide = [column for column in columns if column.width > _MUCH * min(widths)]
    narrow = [column for column in columns if column.width <= _MUCH * min(widths)]
    if not wide or not narrow or simple == len(columns):
        return simple, columns
    most = max(column.width for column in wide)
    beside = int((options.row - most) // (max(column.width for column in narrow) + _APART))
    if beside < simple:
        return simple, columns
    mixed: list[Column | Growth] = []
    while narrow or wide:
        mixed += narrow[:beside]
        narrow = narrow[beside:]
        mixed += wide[:1] or narrow[:1]
        narrow, wide = (narrow, wide[1:]) if wide else (narrow[1:], wide)
    return beside + 1, mixed


_APART = 16.0
"""Points between blocks."""
_MUCH = 2.2
"""Times the narrowest block: such a one is wide."""


def _fitting(widths: Sequence[float], room: float) -> int:
    for count in range(len(widths), 1, -1):
        if sum(max(widths[place::count]) + _APART for place in range(count)) <= room:
            return count
    return 1
