"""The stage level: one box a run of identical blocks, one frame a stage, rows that fit a paper's column."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from resdsl.backends.dot import text, theme
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.folding import Box, Group, Part, Unit
from resdsl.backends.dot.heading import heading
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.plan import Piece, Uses, is_beside, plan, uses_of, wrapped
from resdsl.backends.dot.tables import Html, Row
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph


def draw_stages(view: View, canvas: Canvas, options: PictureOptions) -> str:
    """DOT text, on a canvas that goes from left to right."""
    pieces = plan(view)
    uses = uses_of(view, pieces)
    _Drawing(view, canvas, uses).draw(wrapped(view, pieces, uses, options))
    return canvas.finish(heading(view, canvas, options))


def _final(view: View, rows: Sequence[Sequence[Piece]]) -> int:
    """The value that the trunk ends in."""
    given = [part.gives for row in rows for piece in row for part in piece.parts if not is_beside(part)]
    return given[-1] if given else view.inputs[0] if view.inputs else -1


@dataclass(slots=True)
class _Drawing:
    view: View
    canvas: Canvas
    uses: Uses
    tail: str = ""
    """The DOT node where the trunk stands."""
    value: int = -1
    """The graph's node whose value that is."""
    shown: object = None
    """The shape last written on the trunk."""
    row: int = 0
    linked: bool = False
    """Whether the row goes on where the one before it ended."""
    links: int = 0
    highest: dict[str, str] = field(default_factory=dict)
    """For nodes below arcs, the topmost node of an arc above them."""
    final: int = -1
    """The value that the trunk ends in."""
    outputs: dict[int, list[str | None]] = field(default_factory=dict)
    """Names of the outputs that a value is, those that are not drawn yet."""

    @property
    def graph(self) -> Graph:
        return self.view.graph

    @property
    def group(self) -> str:
        return f"row{self.row}"

    def draw(self, rows: Sequence[Sequence[Piece]]) -> None:
        for name, node in self.view.outputs:
            self.outputs.setdefault(node, []).append(name)
        self.final = _final(self.view, rows)
        for number, pieces in enumerate(rows):
            self.row = number
            # Graphviz takes parts with clusters first: each has one, if only one that is not seen.
            with self.canvas.part(), self.canvas.cluster(peripheries=0, margin=0):
                self._start(number)
                for piece in pieces:
                    self._piece(piece)
                if number == len(rows) - 1:
                    self._finish()
                    return
                self.linked = self._goes_on(rows[number + 1])
                if self.linked:
                    self._label()
                    self.links += 1
                    self._trunk(self._connector())

    def _goes_on(self, pieces: Sequence[Piece]) -> bool:
        """Whether the next row begins with the value that this one ends with."""
        first = next((part for piece in pieces if not piece.aux for part in piece.parts), None)
        return first is not None and self.value in first.reads

    def _start(self, number: int) -> None:
        if number:
            self.tail = self._connector() if self.linked else ""
            self.shown = None
            return
        if not self.view.inputs:
            return
        self.value = self.view.inputs[0]
        self.tail = self._source(self.value)
        self.shown = self.graph.node(self.value).shape

    # --- what begins and ends a line ---

    def _source(self, value: int) -> str:
        """An input, or a value from elsewhere, at the beginning of the trunk or of an edge into it."""
        node = self.graph.node(value)
        if value not in self.view.inputs:
            return self._tag(value, group=self.group)
        name = str(getattr(node.op, "name", None) or "input") if node.op.kind == "input" else self.view.names[value]
        return self._terminal("input", name, value, group=self.group)

    def _terminal(self, kind: str, name: str, value: int, **attributes: Attribute) -> str:
        label = self.canvas.labels.rounded(text.clip(name), text.shape(self.graph.node(value).shape))
        mark = self.canvas.mark(kind, text.clip(name), nodes=(value,))
        return self.canvas.node("end", label=label, **mark, **attributes)

    def _tag(self, value: int, **attributes: Attribute) -> str:
        """The name of a value that comes from or goes to another place."""
        self.canvas.used["kept"] = None
        name = text.clip(self.view.names[value])
        label = self.canvas.labels.rounded(name, text.shape(self.graph.node(value).shape), color="muted")
        return self.canvas.node("tag", label=label, **self.canvas.mark("link", name, nodes=(value,)), **attributes)

    def _connector(self) -> str:
        letter = chr(ord("A") + self.links - 1) if self.links <= 26 else str(self.links)
        ink, page = self.canvas.theme["ink"], self.canvas.theme["page"]
        return self.canvas.node(
            "link", label=letter, shape="circle", fixedsize=True, width=0.2, style="filled", fillcolor=ink,
            fontcolor=page, fontsize=8, color=ink, group=self.group,
        )  # fmt: skip

    def _finish(self) -> None:
        """The output that the trunk ends in; the others are drawn where they are made."""
        names = self.outputs.pop(self.value, [])
        if not names:
            return
        self._trunk(self._terminal("output", names[0] or "output", self.value, group=self.group))
        for name in names[1:]:
            self._hang(self._terminal("output", name or "output", self.value))

    def _leaves(self, values: Sequence[int], name: str) -> None:
        """Below the trunk, the values that leave it here: under their names, for elsewhere or as outputs."""
        for value in values:
            names = self.outputs.pop(value, [])
            group = {"group": self.group} if value == self.value and value not in self.uses.next else {}
            ends = [self._terminal("output", name or "output", value, **group) for name in names]
            if value in self.uses.elsewhere and self.view.names[value] not in names:
                ends.append(self._tag(value, **group))
                group = {}
            for end in ends:
                if value == self.value and value not in self.uses.next and end == ends[0]:
                    self._trunk(end)
                elif value == self.value:
                    self._hang(end)
                else:
                    self.canvas.side_by_side(name, end)
                    self.canvas.edge(f"{name}:s", f"{end}:n", "kept", constraint=False)

    def _hang(self, end: str) -> None:
        """An edge down from the trunk."""
        fork = self.canvas.fork(group=self.group)
        self._advance(fork, arrowhead="none")
        self.canvas.side_by_side(fork, end)
        self.canvas.edge(f"{fork}:s", f"{end}:n", "kept", constraint=False, arrowhead="none")

    # --- pieces ---

    def _piece(self, piece: Piece) -> None:
        if piece.aux:
            for part in piece.parts:
                if isinstance(part, Box):
                    self._aux(part)
            return
        arcs = any(isinstance(part, Unit | Group) for part in piece.parts)
        if piece.parts and self.value in piece.parts[0].reads:
            self._label()
        last = piece.parts[-1] if piece.parts else None
        with ExitStack() as stack:
            if piece.title is not None or arcs:
                stack.enter_context(self.canvas.cluster(**self._frame(piece)))
            for part in piece.parts:
                name = self._part(part)
                if part is not last:
                    self._leaves(self._leaving(part), name)
        if last is not None:
            self._leaves(self._leaving(last), name)

    def _leaving(self, part: Part) -> list[int]:
        """Values that are used elsewhere; the output that the trunk ends in is drawn there."""
        return [n for n in part.nodes if n in self.uses.elsewhere or (n in self.outputs and n != self.final)]

    def _frame(self, piece: Piece) -> dict[str, Attribute]:
        if piece.title is None:
            return {"peripheries": 0, "label": ""}
        mark = self.canvas.mark("stage", piece.title, path=piece.path, nodes=piece.nodes, span=piece.span)
        return {
            "peripheries": 1,
            "label": self.canvas.labels.caption(piece.title, piece.figures),
            "style": "rounded,filled",
            "color": self.canvas.theme["frame"],
            "fillcolor": self.canvas.theme["frame_fill"],
            "margin": 7,
            "penwidth": 0.8,
            **mark,
        }

    # --- parts ---

    def _part(self, part: Part) -> str:
        """Draws a part; returns the node that its values come from."""
        if isinstance(part, Group):
            return self._grouped(part)
        return self._box(part) if isinstance(part, Box) else self._unit(part)[-1]

    def _grouped(self, group: Group) -> str:
        """Several parts in a frame that says how often they stand one after the other."""
        name = ""
        times = Html(self.canvas.labels.words(f"×{group.count}", size=10, color="count", bold=True))
        look: dict[str, Attribute] = {"style": "rounded", "color": self.canvas.theme["count"], "penwidth": 0.8}
        with self.canvas.cluster(label=times, margin=6, peripheries=1, **look):
            for part in group.parts:
                self.value = self.value if part is group.parts[0] else part.reads[0]
                name = self._part(part)
        self.value = group.gives
        return name

    def _box(self, part: Box) -> str:
        if part.aux:
            return self._aux(part)
        if part.fault is not None:
            return self._fault(part, part.fault)
        label = self.canvas.labels.box(part.title, part.rows, theme.stroke(part.role), count=part.count)
        name = self.canvas.box(label, group=self.group, **self._mark("block" if part.title else "operators", part))
        self._enter(name, part.reads)
        self.value = part.gives
        return name

    def _fault(self, part: Box, said: str) -> str:
        """A step that failed, with what is wrong; the edges into it are those that do not fit."""
        name = self.canvas.box(self.canvas.labels.fault(said), group=self.group, **self._mark("fault", part))
        self._enter(name, part.reads, "fault")
        self.value = part.gives
        return name

    def _mark(self, kind: str, part: Box | Unit, title: str | None = None) -> dict[str, Attribute]:
        path = part.places[0] if part.places else ""
        title = title or (part.title if isinstance(part, Box) else None) or kind
        return self.canvas.mark(kind, title, path=path, nodes=part.nodes, count=part.count, places=part.places)

    def _aux(self, part: Box) -> str:
        labels = self.canvas.labels
        inner = labels.box(part.title, part.rows, theme.stroke(part.role), count=part.count)
        label = labels.framed(inner, "training only", theme.LINES["aux"])
        name = self.canvas.box(label, **self._mark("aux", part))
        for read in part.reads:
            if read != self.value:
                self.canvas.edge(self._tag(read), name, "aux")
                continue
            fork = self.canvas.fork(group=self.group)
            self._advance(fork, arrowhead="none")
            self.canvas.side_by_side(fork, name)
            self.canvas.edge(f"{fork}:s", f"{name}:n", "aux", constraint=False)
        return name

    def _unit(self, unit: Unit) -> list[str]:
        """A unit; returns the nodes below its arc from left to right, and the one that joins its ways."""
        fork = self.canvas.fork(group=self.group)
        self._enter(fork, unit.reads)
        below = self._main(unit)
        if unit.gate:
            below.append(self._gate(unit, fork, below[-1]))
        mark = self.canvas.mark("merge", unit.sign, nodes=(unit.merge,))
        merge = self.canvas.circle(unit.sign, "merge", "merged", group=self.group, **mark)
        self._trunk(merge)
        self._arc(unit, fork, merge, below)
        self.value = unit.gives
        return [*below, merge]

    def _gate(self, unit: Unit, fork: str, beside: str) -> str:
        """The gate below the branch, and their product on the trunk."""
        product = self.canvas.circle("×", "gate", "gated", group=self.group)
        self._trunk(product)
        mark = self.canvas.mark("gate", "gate", path=f"{unit.places[0]}.gate" if unit.places else "")
        gate = self.canvas.box(self.canvas.labels.box("gate", unit.gate, "gate"), **mark)
        self.canvas.side_by_side(beside, gate)
        self.canvas.edge(f"{fork}:s", f"{gate}:w", "gate", constraint=False)
        self.canvas.edge(f"{gate}:e", f"{product}:s", "gate", constraint=False)
        return product

    def _main(self, unit: Unit) -> list[str]:
        """The branch; returns the nodes that stand side by side with the arc."""
        names: list[str] = []
        inner = list(_flat(unit.main))
        for part in inner:
            if isinstance(part, Unit):
                names.extend(self._unit(part)[:-1])
                continue
            name = self._branch_box(unit, part, alone=len(inner) == 1)
            names.append(name)
        return names

    def _branch_box(self, unit: Unit, part: Box, *, alone: bool) -> str:
        labels, stroke = self.canvas.labels, theme.stroke(part.role)
        count = unit.count * part.count
        label = labels.box(part.title, self._unit_rows(unit, part), stroke, count=count)
        if unit.chances:
            self.canvas.used["survival"] = None
            chances = text.chances(unit.chances[0], unit.chances[-1])
            label = labels.framed(label, chances, theme.LINES["survival"])
        mark = self._mark("unit", unit, part.title) if alone else self._mark("block", part)
        name = self.canvas.box(label, group=self.group, **mark)
        self._trunk(name)
        self.value = part.gives
        return name

    def _unit_rows(self, unit: Unit, part: Box) -> tuple[Row, ...]:
        if unit.grown is None:
            return part.rows
        return (*part.rows, Row(f"{unit.grown[0]} → {unit.grown[-1]} channels", color="muted"))

    def _arc(self, unit: Unit, fork: str, merge: str, below: Sequence[str]) -> None:
        """The shortcut over what it skips, held up by a node above each: an edge alone takes no room."""
        kind = "carry" if unit.kind == "gate" else unit.kind
        line = theme.LINES[kind]
        group = self.canvas.new("arc")
        tail = f"{fork}:n"
        for place, rank in enumerate(below):
            if unit.shortcut and place == (len(below) - 1) // 2:
                mark = self.canvas.mark("shortcut", line.meaning)
                box = self.canvas.labels.box(None, unit.shortcut, line.color, width=50)
                name = self.canvas.box(box, group=group, **mark)
                left, right, arrow = f"{name}:w", f"{name}:e", "normal"
            else:
                name = self.canvas.box(self.canvas.labels.summit(line), group=group)
                left, right, arrow = f"{name}:m:w", f"{name}:m:e", "none"
            self.canvas.side_by_side(name, self.highest.get(rank, rank))
            self.highest[rank] = name
            self.canvas.edge(tail, left, kind, constraint=False, arrowhead=arrow)
            tail = right
        self.canvas.edge(tail, f"{merge}:n", kind, constraint=False)

    # --- the trunk ---

    def _enter(self, name: str, reads: Sequence[int], kind: str = "trunk") -> None:
        """The trunk into a part; a value from further back comes under its name."""
        others = [read for read in reads if read != self.value]
        if others and len(others) == len(reads):
            first = others.pop(0)
            source = self._source(first)
            if self.tail:
                self.canvas.order(self.tail, source, minlen=2)
            self.tail, self.shown = source, self.graph.node(first).shape
        if self.tail:
            self._advance(name, kind)
        else:
            self.tail = name
        for read in others:
            self.canvas.edge(self._tag(read), name, "kept" if kind == "trunk" else kind)

    def _label(self) -> None:
        """The shape on the trunk, where it is another than the one shown last."""
        shape = self.graph.node(self.value).shape
        if shape == self.shown or not self.tail:
            return
        self.shown = shape
        label = self.canvas.labels.above_line(text.shape(shape))
        name = self.canvas.piece(label, group=self.group)
        self._advance(name, arrowhead="none")

    def _trunk(self, head: str) -> None:
        self._advance(head)

    def _advance(self, head: str, kind: str = "trunk", **attributes: Attribute) -> None:
        """The next edge of the trunk, to where it stands then."""
        self.canvas.edge(self.tail, head, kind, weight=100, **attributes)
        self.tail = head


def _flat(parts: Sequence[Part]) -> Iterator[Box | Unit]:
    for part in parts:
        if isinstance(part, Group):
            yield from part.parts
        else:
            yield part
