"""The block level: every operator of each distinct block, a column a block."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from resdsl.analysis.sections import shortcut_kind
from resdsl.backends.dot import tables, text, theme
from resdsl.backends.dot.canvas import Attribute, Canvas, Html
from resdsl.backends.dot.cells import Cell, Wiring, branches, line_kind, wiring
from resdsl.backends.dot.describe import MINOR, SIGNS, detail, is_grouped, strip, tint, title
from resdsl.backends.dot.distinct import Block, distinct
from resdsl.backends.dot.heading import heading
from resdsl.graph.model import Graph, Node, Scope, ScopeKind

_COLUMN = 100.0
"""Points of a column, about."""


def draw_blocks(graph: Graph, wrap: float | None) -> str:
    """DOT text. Columns are wrapped into rows of about `wrap` points; `None` for a single row."""
    canvas = Canvas("TB", rank_sep=0.12, node_sep=0.3)
    rows: list[list[_Column]] = []
    used = 0.0
    for block in distinct(graph):
        column = _Column(graph, canvas, block)
        if not column.wiring.cells:  # it has nothing but steps that do nothing, which are left out
            continue
        if not rows or (wrap is not None and used + column.width > wrap):
            rows.append([])
            used = 0.0
        rows[-1].append(column)
        used += column.width
    for row in rows:
        for column in row:
            column.draw()
        canvas.side_by_side(*(column.top for column in row), clustered=False)
    for above, below in pairwise(rows):
        for upper in above:
            for lower in below:
                canvas.order(upper.bottom, lower.top, weight=0, minlen=2)
    return canvas.finish(heading(graph, list(canvas.used)))


@dataclass(slots=True)
class _Column:
    graph: Graph
    canvas: Canvas
    block: Block
    wiring: Wiring = field(init=False)
    names: dict[Cell, str] = field(default_factory=dict)
    exits: dict[int, str] = field(default_factory=dict)
    """For each value, the DOT node its readers start from: its cell, or the fork after it."""
    top: str = ""
    bottom: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        self.wiring = wiring(self.graph, self.block.items)

    @property
    def width(self) -> float:
        """An estimate in points."""
        scopes = self._scopes()
        wide = max((self._shown_branches(scope) for scope in scopes if scope.kind is ScopeKind.MERGE), default=1)
        beside = sum(_is_wide(self.graph, scope) for scope in scopes)
        return _COLUMN + 105.0 * (wide - 1) + 80.0 * beside

    def _shown_branches(self, merge: Scope) -> int:
        return sum(any(True for i in b.nodes() if i in self.wiring.of) for b in branches(merge))

    def draw(self) -> None:
        self.group = self.canvas.new("column")
        self._entry()
        with self.canvas.cluster(label="", peripheries=0, margin=8):
            for item in self.block.items:
                self._emit(item)
            self._terminal_output()
        for cell in self.wiring.cells:
            self._incoming(cell)
        for scope in self._scopes():
            if scope.kind is ScopeKind.MERGE:
                self._align(scope)

    def _scopes(self) -> list[Scope]:
        return [scope for item in self.block.items if isinstance(item, Scope) for scope in item.walk()]

    def _align(self, merge: Scope) -> None:
        """The first cells of branches side by side, in the order of the text."""
        firsts = []
        for branch in branches(merge):
            cells = [self.wiring.of[i] for i in branch.nodes() if i in self.wiring.of]
            if cells and cells[0].first.id >= next(branch.nodes()):
                firsts.append(self.names[cells[0]])
        if len(firsts) > 1:
            self.canvas.side_by_side(*firsts)

    # --- nodes ---

    def _entry(self) -> None:
        """The block's name over the value that comes in. It stands outside the column's frame, to be ordered."""
        places = self.block.places
        where = places[0] if places else ""
        below = text.clip(f"×{len(places)}, first {where}" if len(places) > 1 else where)
        outside = [value for value in self.wiring.readers if value not in self.wiring.of]
        first, *others = outside or [self.graph.inputs[0]]
        shape = text.shape(self.graph.node(first).shape)
        self.top = self.canvas.box(tables.entry(self.block.title, below, "x", shape), group=self.group)
        self.exits[first] = self._forked(first, self.top)
        for place, value in enumerate(others):
            name = self._terminal(f"kept {place + 1}", value)
            self.exits[value] = self._forked(value, name)

    def _terminal(self, mark: str, value: int, **attributes: Attribute) -> str:
        label = tables.rounded(mark, text.shape(self.graph.node(value).shape))
        return self.canvas.node("end", label=label, **attributes)

    def _terminal_output(self) -> None:
        value = self.wiring.cells[-1].last
        self.bottom = self._terminal("y", value.id, group=self.group)
        tail = self.exits[value.id]
        self._connect(tail, self.bottom, weight=100)

    def _forked(self, value: int, name: str) -> str:
        """The node that readers of a value start from: what gives it, its shape where that is new, a fork."""
        cell = self.wiring.of.get(value)
        group = self._group(cell)
        readers = self.wiring.readers.get(value, ())
        if cell is not None and self._is_news(cell, readers):
            line = theme.LINES["trunk"]
            label = tables.beside_line(text.shape(cell.last.shape))
            piece = self.canvas.piece(line.color, line.width, 14, label, **group)
            self._connect(name, piece, weight=100, arrowhead="none")
            name = piece
        if len(readers) < 2:
            return name
        fork = self.canvas.fork(**group)
        gate = cell is not None and cell.branch is not None and cell.branch.kind is ScopeKind.GATE
        kind, weight = ("gate", 1) if gate else ("trunk", 100)
        self._connect(name, fork, kind, weight=weight, arrowhead="none")
        return fork

    def _is_news(self, cell: Cell, readers: Sequence[tuple[Cell, Node, int]]) -> bool:
        """Whether the shape after a cell is to be shown: it is new, and a trunk is there to show it on."""
        if cell.last.shape in self.graph.shapes(cell.first) or not readers:
            return False
        return all(
            line_kind(self.graph, node, port) == "trunk" and node.scope.kind is not ScopeKind.MERGE
            for _, node, port in readers
        )

    def _connect(self, tail: str, head: str, kind: str = "trunk", **attributes: Attribute) -> None:
        """An edge that goes down. Boxes and circles stand in every second rank, shapes and forks between them:
        columns share their ranks, and so stay short."""
        ends = [name.partition(":")[0].startswith(("line", "fork")) for name in (tail, head)]
        if ends[0] == ends[1]:
            attributes["minlen"] = 2
        self.canvas.edge(tail, head, kind, **attributes)

    def _group(self, cell: Cell | None) -> dict[str, str]:
        """Nodes of one group are in one line: those of the trunk, and those of each branch."""
        if cell is None:
            return {"group": self.group}
        if not _on_trunk(cell.branch):
            assert cell.branch is not None
            return {"group": f"{self.group}_{next(cell.branch.nodes())}"}
        kinds = [line_kind(self.graph, cell.first, port) for port in range(len(cell.first.operands))]
        return {} if kinds and "trunk" not in kinds else {"group": self.group}

    def _emit(self, item: Scope | int) -> None:
        """Nodes of an item, in the frame that it has."""
        if isinstance(item, int):
            cell = self.wiring.of.get(item)
            if cell is not None and cell.first.id == item:
                self._cell(cell)
            return
        residual = item.parent
        if item.kind is ScopeKind.MAIN and residual is not None and residual.survival:
            self.canvas.used["survival"] = None
            chance = self._chance(residual)
            line = theme.LINES["survival"]
            frame: dict[str, Attribute] = {"style": f"rounded,{line.style}", "color": line.color, "peripheries": 1}
            label = tables.lines(chance.replace(" …", "\n…").split("\n"), line.color)
            with self.canvas.cluster(label=label, margin=8, penwidth=line.width, **frame):
                for inner in item.items:
                    self._emit(inner)
            return
        for inner in item.items:
            self._emit(inner)

    def _chance(self, residual: Scope) -> str:
        """Survival, from the first instance of the block to the last."""
        dropped = [scope for scope in self._scopes() if scope.survival is not None]
        chances = [instance[dropped.index(residual)] for instance in self.block.chances]
        return text.chances(chances[0], chances[-1])

    def _cell(self, cell: Cell) -> None:
        major = cell.major
        if major is not None and self._moves_trunk(major):
            self.group = self.canvas.new("column")
        group = self._group(cell)
        if major is not None and major.op.kind in SIGNS and not self._is_wide_merge(major):
            gated = major.op.kind in {"mul", "complement"}
            color, fill = (theme.GATE, theme.GATE_FILL) if gated else (theme.MERGE, theme.MERGE_FILL)
            name = self.canvas.circle(SIGNS[major.op.kind], color, fill, **group)
        elif major is not None and self._is_wide_merge(major):
            name = self.canvas.box(self._merge_box(major), **group)
        else:
            name = self.canvas.box(self._box(cell), **group)
        self.names[cell] = name
        self.exits[cell.last.id] = self._forked(cell.last.id, name)

    def _moves_trunk(self, node: Node) -> bool:
        """Whether the trunk may stand in another place below a merge: nothing it reads comes straight down to it."""
        sources = [self.exits.get(self.wiring.source(operand), "") for operand in node.operands]
        straight = any(name.startswith("fork") for name in sources) and not self._is_wide_merge(node)
        return node.scope.kind is ScopeKind.MERGE and not straight

    def _is_wide_merge(self, node: Node) -> bool:
        return node.op.kind == "concat" and node.scope.kind is ScopeKind.MERGE

    def _merge_box(self, node: Node) -> Html:
        parts = []
        for place, operand in enumerate(map(self.wiring.source, node.operands)):
            if operand in self.exits:
                count = self._times(operand)
                parts.append((place, f"{self.graph.node(operand).shape.channels}", count))
        return tables.merged("concat", parts, node.shape.channels)

    def _times(self, operand: int) -> int:
        cell = self.wiring.of.get(operand)
        return self.wiring.times.get(cell.branch, 1) if cell and cell.branch else 1

    def _box(self, cell: Cell) -> Html:
        gate = any(s.kind is ScopeKind.GATE for s in cell.first.scope.ancestors())
        strips: list[tables.Row] = []
        for node in cell.nodes:
            if node.op.role in MINOR:
                strips.append(tables.Row(strip(node.op), theme.fill(node.op.role), size=8, bold=cell.major is None))
                continue
            fill = theme.GATE_FILL if gate else tint(node.op)
            strips.append(tables.Row(title(node.op, node), fill, size=9, bold=True, count=cell.count))
            if about := detail(self.graph, node):
                strips.append(tables.Row(about, fill, size=7, color=theme.MUTED))
            if is_grouped(node.op):
                strips.append(tables.Row(_groups(self.graph, node), fill, size=7))
        main = cell.major or cell.first
        kind = line_kind(self.graph, cell.first, 0)
        stroke = theme.LINES[kind].color if kind != "trunk" else theme.stroke(main.op.role)
        times = self.wiring.times.get(cell.branch, 1) if cell.branch else 1
        head = None
        if times > 1 and cell.branch is not None and cell.first.id == next(cell.branch.nodes()):
            head = f"{times} equal branches"
        return tables.box(head, strips, stroke, width=84)

    # --- edges ---

    def _incoming(self, cell: Cell) -> None:
        for node in cell.nodes:
            for port, operand in enumerate(map(self.wiring.source, node.operands)):
                if operand in self.exits and self.wiring.of.get(operand) is not cell:
                    self._edge(cell, node, port, operand)

    def _edge(self, cell: Cell, node: Node, port: int, operand: int) -> None:
        kind = line_kind(self.graph, node, port)
        tail, head = self.exits[operand], self.names[cell]
        if self._is_wide_merge(node):
            self._connect(tail, f"{head}:p{port}:n", kind, weight=10)
            return
        if kind == "trunk":
            weight = 100 if _on_trunk(cell.branch) else 10
            self._connect(tail, head, weight=weight)
        elif kind == "gate":
            self._gate(cell, node, tail, head)
        elif tail.startswith("fork") and head.startswith("merge"):
            self.canvas.edge(f"{tail}:e", f"{head}:e", kind, constraint=False)
        elif tail.startswith("fork"):
            self._beside(cell, node)
            self._connect(f"{tail}:e", f"{head}:n", kind)
        elif head.startswith("merge"):
            self._connect(f"{tail}:s", f"{head}:e", kind)
        else:
            self._connect(tail, head, kind)

    def _gate(self, cell: Cell, node: Node, tail: str, head: str) -> None:
        """Into, within and out of a gate, which stands beside the branch; the two products and 1 - T are one rank."""
        residual = node.scope if node.scope.kind is ScopeKind.RESIDUAL else None
        if node.op.kind == "complement" and residual is not None:
            circles = [
                self.names[c] for c in self.wiring.cells if c.first.scope is residual and c.first.op.kind != "add"
            ]
            self.canvas.side_by_side(*circles)
        elif residual is None and cell.branch and cell.branch.kind is ScopeKind.GATE and tail.startswith("fork"):
            self._beside(cell, node)
        self._connect(tail, head, "gate", weight=1)

    def _beside(self, cell: Cell, node: Node) -> None:
        """Puts what stands on a shortcut beside the middle of the branch."""
        residual = next((s for s in node.scope.ancestors() if s.kind is ScopeKind.RESIDUAL), None)
        if residual is None:
            return
        main = [
            c for c in self.wiring.cells if c.branch and c.branch.kind is ScopeKind.MAIN and c.branch.parent is residual
        ]
        if main:
            self.canvas.same_rank(self.names[main[len(main) // 2]], self.names[cell])


def _on_trunk(branch: Scope | None) -> bool:
    return branch is None or branch.kind is ScopeKind.MAIN


def _is_wide(graph: Graph, scope: Scope) -> bool:
    """Whether a residual has boxes beside its branch."""
    return shortcut_kind(graph, scope) in {"projection", "pad", "pool", "other", "gate"}


def _groups(graph: Graph, node: Node) -> str:
    groups: int = getattr(node.op, "groups", 1)
    each = graph.shapes(node)[0].channels // groups
    shown: Sequence[str] = [str(each)] * groups if groups <= 4 else [str(each)] * 3 + ["…", str(each)]
    return " | ".join(shown)
