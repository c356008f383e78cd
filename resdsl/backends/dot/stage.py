"""The stage level: one box a run of identical blocks, one frame a stage, rows that fit a paper's column."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from resdsl.backends.dot import tables, text, theme
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.heading import heading
from resdsl.backends.dot.parts import Box, Part, Unit
from resdsl.backends.dot.plan import WRAP, Piece, plan, shifts, wrapped
from resdsl.backends.dot.tables import Row
from resdsl.graph.model import Graph


def draw_stages(graph: Graph, wrap: float | None = WRAP) -> str:
    """DOT text. A row is at most about `wrap` points wide; `None` for a single row."""
    rows = wrapped(graph, plan(graph), wrap)
    return _Drawing(graph).draw(rows, shifts(graph, rows))


# --- drawing ------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Drawing:
    graph: Graph
    canvas: Canvas = field(default_factory=lambda: Canvas("LR", rank_sep=0.2, node_sep=0.18))
    tail: str = ""
    """The DOT node where the trunk stands."""
    value: int = -1
    """The graph's node whose value that is."""
    shown: object = None
    """The shape last written on the trunk."""
    row: int = 0
    skip: int = 0
    """Columns that the trunk's next edge passes over."""
    highest: dict[str, str] = field(default_factory=dict)
    """For nodes below arcs, the topmost node of an arc above them."""
    where: dict[int, str] = field(default_factory=dict)
    """For each value, the DOT node that gives it."""

    def draw(self, rows: Sequence[Sequence[Piece]], shifted: Sequence[int]) -> str:
        starts = []
        for number, pieces in enumerate(rows):
            self.row, self.skip = number, shifted[number]
            starts.append(self._start(number))
            # A frame that is not seen keeps rows apart; what begins them stands outside, to be ordered.
            with self.canvas.cluster(peripheries=0, margin=6):
                for piece in pieces:
                    self._piece(piece)
                if number < len(rows) - 1:
                    self._label()
                    self._trunk(self._connector(number))
                else:
                    self._outputs()
        self._chain(starts)
        return self.canvas.finish(heading(self.graph, list(self.canvas.used)))

    @property
    def group(self) -> str:
        return f"row{self.row}"

    def _start(self, number: int) -> str:
        if number:
            name = self._connector(number - 1)
            self.shown = None
            self.tail = name
            return name
        names = [self._input(i) for i in self.graph.inputs]
        self.tail, self.value = names[0], self.graph.inputs[0]
        self.where.update(zip(self.graph.inputs, names, strict=True))
        self.shown = self.graph.node(self.value).shape
        return self.tail

    def _input(self, id: int) -> str:  # noqa: A002
        node = self.graph.node(id)
        name = str(getattr(node.op, "name", None) or "input")
        return self._terminal(name, id, group=self.group)

    def _terminal(self, name: str, id: int, **attributes: str) -> str:  # noqa: A002
        label = tables.rounded(text.clip(name), text.shape(self.graph.node(id).shape))
        return self.canvas.node("end", label=label, **attributes)

    def _connector(self, number: int) -> str:
        letter = chr(ord("A") + number) if number < 26 else str(number + 1)
        return self.canvas.node(
            "link", label=letter, shape="circle", fixedsize=True, width=0.2, style="filled", fillcolor=theme.INK,
            fontcolor=theme.WHITE, fontsize=8, color=theme.INK, group=self.group,
        )  # fmt: skip

    def _chain(self, starts: Sequence[str]) -> None:
        """Rows one under the other: their first nodes in one rank, outside every frame."""
        if len(starts) > 1:
            self.canvas.side_by_side(*starts, clustered=False)

    def _outputs(self) -> None:
        for output in self.graph.outputs:
            end = self._terminal(output.name or "output", output.node, group=self.group)
            if output.node == self.value:
                self._trunk(end)
            else:
                self.canvas.edge(self.where[output.node], end, "kept")

    def _piece(self, piece: Piece) -> None:
        if piece.aux:
            for part in piece.parts:
                self._aux(part)
            return
        arcs = any(isinstance(part, Unit) for part in piece.parts)
        self._label()
        with ExitStack() as stack:
            if piece.title is not None or arcs:
                stack.enter_context(self.canvas.cluster(**self._frame(piece)))
            for part in piece.parts:
                self._part(part)

    def _frame(self, piece: Piece) -> dict[str, Attribute]:
        if piece.title is None:
            return {"peripheries": 0, "label": ""}
        return {
            "peripheries": 1,
            "label": tables.caption(piece.title, piece.figures),
            "style": "rounded,filled",
            "color": theme.FRAME,
            "fillcolor": theme.FRAME_FILL,
            "margin": 7,
            "penwidth": 0.8,
        }

    def _part(self, part: Part) -> None:
        if isinstance(part, Box):
            self._box(part)
        else:
            self._unit(part)

    def _box(self, part: Box) -> None:
        if part.aux:
            self._aux(part)
            return
        name = self.canvas.box(
            tables.box(part.title, part.rows, theme.stroke(part.role), count=part.count), group=self.group
        )
        self._enter(name, part.reads)
        self._leave(name, part)

    def _aux(self, part: Part) -> None:
        assert isinstance(part, Box)
        inner = tables.box(part.title, part.rows, theme.stroke(part.role), count=part.count)
        name = self.canvas.box(tables.framed(inner, "training only", theme.LINES["aux"]))
        for read in part.reads:
            self.canvas.edge(self.where[read], name, "aux")
        self.where.update(dict.fromkeys(part.nodes, name))

    def _unit(self, unit: Unit) -> list[str]:
        """A unit; returns the nodes below its arc, from left to right."""
        fork = self.canvas.fork(group=self.group)
        self._enter(fork, unit.reads)
        below = self._main(unit)
        if unit.gate:
            below.append(self._gate(unit, fork, below[-1]))
        merge = self.canvas.circle(unit.sign, theme.MERGE, theme.MERGE_FILL, group=self.group)
        self._trunk(merge)
        self._arc(unit, fork, merge, below)
        self._leave(merge, unit)
        return below

    def _gate(self, unit: Unit, fork: str, beside: str) -> str:
        """The gate below the branch, and their product on the trunk."""
        product = self.canvas.circle("×", theme.GATE, theme.GATE_FILL, group=self.group)
        self._trunk(product)
        gate = self.canvas.box(tables.box("gate", unit.gate, theme.GATE))
        self.canvas.side_by_side(beside, gate)
        self.canvas.edge(f"{fork}:s", f"{gate}:w", "gate", constraint=False)
        self.canvas.edge(f"{gate}:e", f"{product}:s", "gate", constraint=False)
        return product

    def _main(self, unit: Unit) -> list[str]:
        """The branch; returns the nodes that stand side by side with the arc."""
        names = []
        for part in unit.main:
            if isinstance(part, Unit):
                names.extend(self._unit(part))
                continue
            stroke = theme.stroke(part.role)
            label = tables.box(part.title, self._unit_rows(unit, part), stroke, count=unit.count * part.count)
            if unit.chances:
                self.canvas.used["survival"] = None
                label = tables.framed(label, text.chances(unit.chances[0], unit.chances[-1]), theme.LINES["survival"])
            name = self.canvas.box(label, group=self.group)
            self._trunk(name)
            self.where.update(dict.fromkeys(part.nodes, name))
            self.value = part.gives
            names.append(name)
        return names

    def _unit_rows(self, unit: Unit, part: Box) -> tuple[Row, ...]:
        if unit.grown is None:
            return part.rows
        before, after = unit.grown
        return (*part.rows, Row(f"{before} → {after} channels", size=7, color=theme.MUTED))

    def _arc(self, unit: Unit, fork: str, merge: str, below: Sequence[str]) -> None:
        """The shortcut over what it skips, held up by a node above each: an edge alone takes no room."""
        kind = "carry" if unit.kind == "gate" else unit.kind
        line = theme.LINES[kind]
        group = self.canvas.new("arc")
        tail = f"{fork}:n"
        for place, rank in enumerate(below):
            if unit.shortcut and place == (len(below) - 1) // 2:
                name = self.canvas.box(tables.box(None, unit.shortcut, line.color, width=50), group=group)
                left, right, arrow = f"{name}:w", f"{name}:e", "normal"
            else:
                name = self.canvas.box(tables.summit(line), group=group)
                left, right, arrow = f"{name}:m:w", f"{name}:m:e", "none"
            self.canvas.side_by_side(name, self.highest.get(rank, rank))
            self.highest[rank] = name
            self.canvas.edge(tail, left, kind, constraint=False, arrowhead=arrow)
            tail = right
        self.canvas.edge(tail, f"{merge}:n", kind, constraint=False)

    def _enter(self, name: str, reads: Sequence[int]) -> None:
        """The trunk into a part, and edges from values further back."""
        others = [read for read in reads if read != self.value]
        if len(others) < len(reads) or not reads:
            self._trunk(name)
        else:
            self.canvas.order(self.tail, name)
            self.tail = name
        for read in others:
            self.canvas.edge(self.where[read], name, "kept", constraint=False)

    def _label(self) -> None:
        """The shape on the trunk, where it is another than the one shown last."""
        shape = self.graph.node(self.value).shape
        if shape == self.shown:
            return
        self.shown = shape
        line = theme.LINES["trunk"]
        label = tables.above_line(text.shape(shape))
        name = self.canvas.piece(line.color, line.width, 20, label, group=self.group)
        self._advance(name, arrowhead="none")

    def _trunk(self, head: str) -> None:
        self._advance(head)

    def _advance(self, head: str, **attributes: Attribute) -> None:
        """The next edge of the trunk, to where it stands then."""
        if self.skip:
            attributes["minlen"] = 1 + self.skip
        self.canvas.edge(self.tail, head, "trunk", weight=100, **attributes)
        self.tail, self.skip = head, 0

    def _leave(self, name: str, part: Part) -> None:
        self.value = part.gives
        self.where.update((node, self.where.get(node, name)) for node in part.nodes)
        self.where[part.gives] = name
