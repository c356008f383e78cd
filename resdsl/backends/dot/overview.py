"""The overview: a box a stage, to scale. Height is the logarithm of the resolution, width that of the channels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import log2, prod

from resdsl.analysis.sections import Section, sections, shortcut_kind
from resdsl.backends.dot import text, theme
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.heading import heading
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.parts import common_path, module_path
from resdsl.backends.dot.plan import stride
from resdsl.backends.dot.tables import Html
from resdsl.backends.dot.theme import LINES
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, ScopeKind
from resdsl.ops.base import Role
from resdsl.shapes import Shape

_LOW, _HIGH = 0.26, 0.16
"""Inches of height of a vector, and for each doubling of the resolution."""
_NARROW, _WIDE = 0.06, 0.075
"""Inches of width of one channel, and for each doubling of their number."""
_GAP = 26.0
"""Points between boxes."""


@dataclass(frozen=True, slots=True)
class _Block:
    """A box and the words below it."""

    name: str
    lines: tuple[tuple[str, str, bool], ...]
    """Text, colour, whether in bold."""
    shape: Shape
    fill: str
    stroke: str
    nodes: tuple[int, ...]
    path: str = ""
    kind: str = "stage"

    @property
    def size(self) -> tuple[float, float]:
        """Width and height in inches."""
        mean = prod(self.shape.size) ** (1 / self.shape.dims) if self.shape.dims else 1
        return _NARROW + _WIDE * log2(max(self.shape.channels, 1) + 1), _LOW + _HIGH * log2(mean)

    @property
    def width(self) -> float:
        """Points that it takes in a row, about."""
        words = max(len(self.name) * 5.8, *(len(line) * 4.6 for line, _, _ in self.lines), 0.0)
        return max(self.size[0] * 72, words) + _GAP


def draw_overview(view: View, canvas: Canvas, options: PictureOptions) -> str:
    """DOT text, on a canvas that goes from left to right."""
    rows = _rows(_blocks(view), options)
    for number, row in enumerate(rows):
        with canvas.part(), canvas.cluster(peripheries=0, margin=0):
            _row(canvas, row, number, last=number == len(rows) - 1)
    note = "to scale: heights are the logarithms of resolutions, widths those of channels"
    return canvas.finish(heading(view, canvas, options, note=note))


def _rows(blocks: Sequence[_Block], options: PictureOptions) -> list[list[_Block]]:
    rows: list[list[_Block]] = [[]]
    used = 0.0
    for block in blocks:
        full = len(rows[-1]) >= options.wrap if isinstance(options.wrap, int) else used + block.width > options.row
        if rows[-1] and full:
            rows.append([])
            used = 2 * _GAP
        rows[-1].append(block)
        used += block.width
    return rows


def _row(canvas: Canvas, row: Sequence[_Block], number: int, *, last: bool) -> None:
    group = f"row{number}"
    before = _connector(canvas, number, group) if number else ""
    many = sum(block.kind == "input" for block in row) > 1
    for place, block in enumerate(row):
        width, height = block.size
        mark = canvas.mark(block.kind, block.name, path=block.path, nodes=block.nodes)
        look: dict[str, Attribute] = {
            "shape": "box",
            "fixedsize": True,
            "width": width,
            "height": height,
            "style": "filled",
            "fillcolor": canvas.theme[block.fill],
            "color": canvas.theme[block.stroke],
            "penwidth": 1.4,
        }
        box = canvas.node("box", label="", group=group, **look, **mark)
        words = canvas.node("words", label=_words(canvas, block))
        canvas.side_by_side(box, words)
        if before:
            beside = many and place > 0 and row[place - 1].kind == "input"  # not one after the other: told in words
            canvas.edge(before, box, weight=100, **({"style": "invis"} if beside else {}))
        before = box
    if not last:
        canvas.edge(before, _connector(canvas, number + 1, group), weight=100)


def _connector(canvas: Canvas, number: int, group: str) -> str:
    letter = chr(ord("A") + number - 1) if number <= 26 else str(number)
    ink, page = canvas.theme["ink"], canvas.theme["page"]
    return canvas.node(
        "link", label=letter, shape="circle", fixedsize=True, width=0.2, style="filled", fillcolor=ink,
        fontcolor=page, fontsize=8, color=ink, group=group,
    )  # fmt: skip


def _words(canvas: Canvas, block: _Block) -> Html:
    words = canvas.labels.words
    rows = [words(block.name, size=10, bold=True)]
    rows += [words(line, size=8, color=color, bold=bold) for line, color, bold in block.lines]
    cells = "".join('<TR><TD HEIGHT="11">' + row + "</TD></TR>" for row in rows)
    return Html(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">{cells}</TABLE>')


# --- what is drawn --------------------------------------------------------------------------------------------------


def _blocks(view: View) -> list[_Block]:
    graph = view.graph
    blocks = []
    for value in view.inputs:
        node = graph.node(value)
        name = str(getattr(node.op, "name", None) or "input") if node.op.kind == "input" else view.names[value]
        said = ((text.shape(node.shape), "muted", False),)
        blocks.append(_Block(text.clip(name), said, node.shape, "paper", "ink", (value,), kind="input"))
    cuts = _cuts(view)
    places = {node: number for number, cut in enumerate(cuts) for node in cut.nodes}
    for number, cut in enumerate(cuts):
        if not _is_aux(cut):
            blocks.append(_block(view, cuts, number, places))
    return blocks


def _cuts(view: View) -> list[Section]:
    """The sections; of a net whose text has no stages, auxiliary heads apart, those between changes of the stride."""
    cuts = sections(view.graph, view.items)
    if any(cut.scope is not None and not _is_aux(cut) for cut in cuts):
        return list(cuts)
    return [part for cut in cuts for part in ((cut,) if _is_aux(cut) else sections(view.graph, cut.items))]


def _is_aux(cut: Section) -> bool:
    return cut.scope is not None and cut.scope.kind is ScopeKind.AUX


def _block(view: View, cuts: Sequence[Section], number: int, places: dict[int, int]) -> _Block:
    graph, cut = view.graph, cuts[number]
    shape = graph.node(cut.nodes[-1]).shape
    kinds = Counter(kind for scope in cut.scopes if (kind := shortcut_kind(graph, scope)) and kind in LINES)
    lines = [(text.shape(shape), "muted", False)]
    for kind, count in kinds.items():
        word = {"gate": "gated", "gated": "gated shortcut"}.get(kind, kind)
        lines.append((f"×{count} {word}", LINES[kind].color, True))
    nearest = max((place for place in range(number) if not _is_aux(cuts[place])), default=-1)
    reads = {o for node in cut.nodes for o in graph.node(node).operands}
    far = [value for value in sorted(reads) if places.get(value, -1) not in {number, nearest}]
    far = far if number and nearest >= 0 else []
    if len(view.inputs) > 1:
        far = sorted({*far, *reads.intersection(view.inputs)})
    lines += [(f"from {', '.join(text.clip(view.names[v]) for v in far)}", "muted", False)] if far else []
    beside = [other.scope.title or other.scope.name or "aux" for other in _aux_of(graph, cuts, cut) if other.scope]
    lines += [(f"trains {text.clip(name)}", "muted", False) for name in beside]
    role = _role(graph, cut.nodes)
    stroke = LINES[kinds.most_common(1)[0][0]].color if kinds else theme.stroke(role)
    path = module_path(graph, cut.scope) if cut.scope else ""
    path = path or common_path(graph, cut.nodes)
    return _Block(_name(graph, cuts, number, path), tuple(lines), shape, theme.fill(role), stroke, cut.nodes, path)


def _aux_of(graph: Graph, cuts: Sequence[Section], cut: Section) -> list[Section]:
    """Auxiliary heads that read what a section gives."""
    own = set(cut.nodes)
    return [
        other
        for other in cuts
        if _is_aux(other) and any(o in own for node in other.nodes for o in graph.node(node).operands)
    ]


def _name(graph: Graph, cuts: Sequence[Section], number: int, path: str) -> str:
    cut = cuts[number]
    if cut.scope is not None:
        return text.clip(cut.scope.title or cut.scope.path)
    if number == 0:
        return "stem"
    if number == len(cuts) - 1:
        return "head"
    if all(one.scope is None or _is_aux(one) for one in cuts):
        return stride(graph.node(cut.nodes[-1])) or "head"
    return text.clip(path.rpartition(".")[2]) or "between"


def _role(graph: Graph, nodes: Sequence[int]) -> Role:
    """What it does most: its linear layers at the end of a net, else its convolutions."""
    roles = [graph.node(node).op.role for node in nodes]
    found = (role for role in (Role.CONV, Role.LINEAR, Role.POOL, Role.MERGE) if role in roles)
    return next(found, Role.SHAPE)
