"""The levels of blocks and of operators: each distinct block with all it does, or every operator; a column a block."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from resdsl.backends.dot import text, theme
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
    canvas.columns = _columns([column.width for column in columns], options)
    for column in columns:
        with canvas.part():
            column.draw()
    return canvas.finish(heading(view, canvas, options))


def _columns(widths: Sequence[float], options: PictureOptions) -> int:
    """How many columns stand side by side: as the options say, or as many as fit, each as wide as its widest."""
    if isinstance(options.wrap, int):
        return options.wrap
    for count in range(len(widths), 1, -1):
        if sum(max(widths[place::count]) for place in range(count)) <= options.room:
            return count
    return 1
