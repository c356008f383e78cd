"""A block from top to bottom: what it does as boxes and circles, what comes in and what it gives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from resdsl.analysis.sections import shortcut_kind
from resdsl.backends.dot import text, theme
from resdsl.backends.dot.boxes import Boxes, is_wide_merge
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.cells import Cell, Wiring, branch_of, branches, line_kind, wiring
from resdsl.backends.dot.describe import SIGNS, fault, spoken, title
from resdsl.backends.dot.distinct import Block
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, Node, Scope, ScopeKind

_COLUMN = 100.0
"""Points of a column, about."""


@dataclass(slots=True)
class Column:
    """One block; with `single`, every operator of it for itself, with its module path."""

    view: View
    canvas: Canvas
    block: Block
    single: bool = False
    wiring: Wiring = field(init=False)
    boxes: Boxes = field(init=False)
    names: dict[Cell, str] = field(default_factory=dict)
    frames: dict[str, int] = field(default_factory=dict)
    """For each DOT node, in how many frames it stands."""
    exits: dict[int, str] = field(default_factory=dict)
    """For each value, the DOT node its readers start from: its cell, or the fork after it."""
    beside: dict[str, str] = field(default_factory=dict)
    """For each complement of a unit, the point between it and its product."""
    upper: dict[int, str] = field(default_factory=dict)
    """For values that a gate reads, the fork from which the shortcut starts."""
    group: str = ""
    depth: int = 0

    def __post_init__(self) -> None:
        self.wiring = wiring(self.view, self.block.items, single=self.single)
        self.boxes = Boxes(self.graph, self.canvas.labels, self.wiring, self.single)

    @property
    def graph(self) -> Graph:
        return self.view.graph

    @property
    def width(self) -> float:
        """An estimate in points."""
        scopes = self._scopes()
        wide = max((self._shown_branches(scope) for scope in scopes if scope.kind is ScopeKind.MERGE), default=1)
        beside = sum(_is_wide(self.graph, scope) for scope in scopes)
        arcs = any(scope.kind in {ScopeKind.RESIDUAL, ScopeKind.DENSE} for scope in scopes)
        return _COLUMN + 106.0 * (wide - 1) + 96.0 * beside + (26.0 if arcs and not beside else 0.0)

    def _shown_branches(self, merge: Scope) -> int:
        return sum(any(True for i in b.nodes() if i in self.wiring.of) for b in branches(merge))

    def draw(self) -> None:
        """Within a part of the canvas."""
        self.group = self.canvas.new("column")
        with self.canvas.cluster(peripheries=0, margin=4, **self._head()):
            self._entry()
            for item in self.block.items:
                self._emit(item)
            self._leave()
        for cell in self.wiring.cells:
            self._incoming(cell)

    def _scopes(self) -> list[Scope]:
        return [scope for item in self.block.items if isinstance(item, Scope) for scope in item.walk()]

    # --- what comes in and goes out ---

    def _head(self) -> dict[str, Attribute]:
        """The block's name above all."""
        places = self.block.places
        where = places[0] if places else ""
        at = f", first {where}" if where else ""
        below = text.clip(f"×{len(places)}{at}" if len(places) > 1 else where)
        if self.block.aux:
            below = f"×{len(places)}, training only" if len(places) > 1 else "training only"
        nodes = tuple(n for item in self.block.items for n in (item.nodes() if isinstance(item, Scope) else (item,)))
        scope = self.block.items[0] if isinstance(self.block.items[0], Scope) else None
        mark = self.canvas.mark(
            "block", self.block.title, path=where, nodes=nodes, count=len(places) or 1, places=places,
            span=scope.span if scope else None,
        )  # fmt: skip
        return {"label": self.canvas.labels.head(self.block.title, below), "labeljust": "c", **mark}

    def _entry(self) -> None:
        """The values that come in, the first on the trunk."""
        outside = [value for value in self.wiring.readers if value not in self.wiring.of]
        first, *others = outside or [*self.view.inputs, *self.graph.inputs][:1]
        top = self._terminal("input", self._word(first, "x"), first, group=self.group)
        self.exits[first] = self._forked(first, top)
        for value in others:
            name = self._terminal("link", self.view.names[value], value)
            self.exits[value] = self._forked(value, name)

    def _word(self, value: int, word: str) -> str:
        """`x` or `y`, or the name that the text gives a value."""
        node = self.graph.node(value)
        known = node.kept or (getattr(node.op, "name", None) if node.op.kind == "input" else None)
        return text.clip(str(known)) if known else word

    def _terminal(self, kind: str, word: str, value: int, **attributes: Attribute) -> str:
        label = self.canvas.labels.rounded(text.clip(word), text.shape(self.graph.node(value).shape))
        return self.canvas.node("end", label=label, **self.canvas.mark(kind, word, nodes=(value,)), **attributes)

    def _leave(self) -> None:
        """Each value that something else reads; on the trunk the last."""
        last = self.wiring.cells[-1].last.id if self.wiring.cells else -1
        leaving = [value for value in self._leaving() if value != last]
        for value in leaving:
            name = self._terminal("output", self._word(value, self.view.names[value]), value)
            self._connect(self.exits[value], name, "kept")
        if last < 0 or fault(self.graph.node(last).op):
            return
        name = self._terminal("output", self._word(last, "y"), last, group=self.group)
        self._connect(self.exits[last], name, weight=100)

    def _leaving(self) -> Iterator[int]:
        """Values of whole cells that are read outside of the block, or are the net's outputs."""
        outputs = {node for _, node in self.view.outputs}
        own = self.wiring.of
        hidden = {node.id for cell in self.wiring.cells for node in cell.nodes} | set(self.wiring.same_as)
        inside = {n for item in self.block.items for n in (item.nodes() if isinstance(item, Scope) else (item,))}
        for value in self.exits:
            if value in own and value in hidden:
                readers = (reader.id for reader in self.graph.consumers(value))
                if value in outputs or any(reader not in inside for reader in readers):
                    yield value

    # --- nodes ---

    def _forked(self, value: int, name: str) -> str:
        """The node that readers of a value start from: what gives it, its shape where that is new, a fork."""
        cell = self.wiring.of.get(value)
        group = self._group(cell)
        readers = self.wiring.readers.get(value, ())
        if cell is not None and self._is_news(cell, readers):
            label = self.canvas.labels.beside_line(text.shape(cell.last.shape))
            piece = self.canvas.piece(label, **group)
            self._connect(name, piece, weight=100, arrowhead="none")
            name = piece
        gates = cell is not None and cell.branch is not None and cell.branch.kind in _GATES
        if len(readers) < 2 or gates or (cell is not None and _sign(cell) == "complement"):
            return name
        fork = self.canvas.fork(**group)
        self._connect(name, fork, weight=100, arrowhead="none")
        if any(not reader.scope and line_kind(self.graph, node, port) == "gate" for reader, node, port in readers):
            # The shortcut leaves above the gate: their lines would lie on each other.
            self.upper[value] = fork
            fork = self.canvas.fork(**group)
            self.canvas.edge(self.upper[value], fork, weight=100, arrowhead="none")
        return fork

    def _is_news(self, cell: Cell, readers: Sequence[tuple[Cell, Node, int]]) -> bool:
        """Whether the shape after a cell is to be shown: it is new, and a trunk is there to show it on."""
        if cell.last.shape in self.graph.shapes(cell.first) or not readers:
            return False
        return all(
            reader.scope or (line_kind(self.graph, node, port) == "trunk" and node.scope.kind is not ScopeKind.MERGE)
            for reader, node, port in readers
        )

    def _connect(self, tail: str, head: str, kind: str = "trunk", **attributes: Attribute) -> None:
        """An edge that goes down. Boxes and circles stand in every second rank, shapes and forks between them:
        what stands on a shortcut can then be put beside the middle of the branch."""
        ends = [name.partition(":")[0].startswith(("line", "fork")) for name in (tail, head)]
        if ends[0] == ends[1]:
            attributes.setdefault("minlen", 2)
        self.canvas.edge(tail, head, kind, **attributes)

    def _group(self, cell: Cell | None) -> dict[str, Attribute]:
        """Nodes of one group are in one line: those of the trunk, and those of each branch."""
        if cell is None:
            return {"group": self.group}
        if (gate := self._gate_of(cell)) is not None:
            return self._group(gate)
        if cell.scope is not None and _on_trunk(cell.branch):
            return {"group": self.group}
        if not _on_trunk(cell.branch):
            assert cell.branch is not None
            return {"group": f"{self.group}_{next(cell.branch.nodes())}"}
        kinds = [line_kind(self.graph, cell.first, port) for port in range(len(cell.first.operands))]
        return {} if kinds and "trunk" not in kinds else {"group": self.group}

    def _gate_of(self, cell: Cell) -> Cell | None:
        """The gate that 1 - T, or the product with a carry's gate, stands below."""
        sources = [self.wiring.of.get(self.wiring.source(operand)) for operand in cell.first.operands]
        if _sign(cell) == "complement":
            return sources[0]
        if _sign(cell) != "mul":
            return None
        return next((one for one in sources if one and one.branch and one.branch.kind is ScopeKind.CARRY), None)

    def _emit(self, item: Scope | int) -> None:
        """Nodes of an item, in the frame that it has."""
        if isinstance(item, int):
            cell = self.wiring.of.get(item)
            if cell is not None and cell.nodes[0].id == item:
                self._cell(cell)
            return
        residual = item.parent
        if item.kind is ScopeKind.MAIN and residual is not None and residual.survival:
            self._droppable(item, residual)
            return
        for inner in item.items:
            self._emit(inner)
        if item.kind is ScopeKind.MERGE:
            self._side_by_side(self._firsts(item))
        elif item.kind is ScopeKind.RESIDUAL and shortcut_kind(self.graph, item) == "gate":
            circles = [c for c in self.wiring.cells if c.first.scope is item and c.first.op.kind != "add"]
            self._side_by_side(circles, apart=True)

    def _droppable(self, main: Scope, residual: Scope) -> None:
        """A branch in a frame that says how often it survives."""
        self.canvas.used["survival"] = None
        line = theme.LINES["survival"]
        look: dict[str, Attribute] = {"style": f"rounded,{line.style}", "color": self.canvas.theme[line.color]}
        look["labeljust"] = "l"
        label = self.canvas.labels.lines(self._chance(residual).replace(" …", "\n…").split("\n"), line.color)
        self.depth += 1
        with self.canvas.cluster(label=label, margin=8, penwidth=line.width, peripheries=1, **look):
            for inner in main.items:
                self._emit(inner)
        self.depth -= 1

    def _firsts(self, merge: Scope) -> list[Cell]:
        """The first cell of each branch, in the order of the text."""
        found = []
        for branch in branches(merge):
            cells = [self.wiring.of[i] for i in branch.nodes() if i in self.wiring.of]
            if cells and cells[0].first.id >= next(branch.nodes()):
                found.append(cells[0])
        return found

    def _side_by_side(self, cells: Sequence[Cell], *, apart: bool = False) -> None:
        """Cells in this order; `apart` leaves room for an edge beside a complement, with a point in its middle."""
        names = [self.names[cell] for cell in cells if self.frames[self.names[cell]] == self.depth]
        if apart:
            look: dict[str, Attribute] = {"shape": "point", "width": 0.03, "color": self.canvas.theme["gate"]}
            signs = {self.names[cell]: _sign(cell) for cell in cells}
            gaps = [self.canvas.node("gap", **look) if signs[name] == "complement" else "" for name in names]
            self.beside |= {name: gap for name, gap in zip(names, gaps, strict=True) if gap}
            names = [name for pair in zip(names, gaps, strict=True) for name in pair if name]
        if len(names) > 1:
            self.canvas.side_by_side(*names)

    def _chance(self, residual: Scope) -> str:
        """Survival, from the first instance of the block to the last."""
        dropped = [scope for scope in self._scopes() if scope.survival is not None]
        place = dropped.index(residual)
        chances = [instance[place] for instance in self.block.chances if place < len(instance)]
        own = residual.survival
        assert own is not None
        return text.chances(chances[0], chances[-1]) if chances else text.chances(float(own.chance), float(own.chance))

    def _cell(self, cell: Cell) -> None:
        major = cell.major
        if major is not None and self._moves_trunk(major):
            self.group = self.canvas.new("column")
        group = self._group(cell)
        sign = _sign(cell)
        node = cell.major or cell.first
        kind = "fault" if fault(node.op) else "merge" if sign else "operator"
        ids = tuple(one.id for one in cell.nodes)
        name = f"{self.block.title} {spoken(node.op)}" if sign else title(node.op, node)
        mark = self.canvas.mark(kind, name, path=node.path if node.name else "", nodes=ids, count=cell.count)
        if sign and not fault(node.op) and not is_wide_merge(node):
            gated = sign in {"mul", "complement"}
            color, fill = ("gate", "gated") if gated else ("merge", "merged")
            drawn = self.canvas.circle(SIGNS[sign], color, fill, **group, **mark)
        else:
            drawn = self.canvas.box(self.boxes.label(cell, self.exits), **group, **mark)
        self.names[cell] = drawn
        self.frames[drawn] = self.depth
        self.exits[cell.last.id] = self._forked(cell.last.id, drawn)
        for inner in cell.nodes if cell.scope else ():
            self.exits.setdefault(inner.id, drawn)

    def _moves_trunk(self, node: Node) -> bool:
        """Whether the trunk may stand in another place below a merge: nothing it reads comes straight down to it."""
        sources = [self.exits.get(self.wiring.source(operand), "") for operand in node.operands]
        straight = any(name.startswith("fork") for name in sources) and not is_wide_merge(node)
        return node.scope.kind is ScopeKind.MERGE and not straight

    # --- edges ---

    def _incoming(self, cell: Cell) -> None:
        seen: set[tuple[Cell, int]] = set()
        for node in cell.nodes:
            for port, operand in enumerate(map(self.wiring.source, node.operands)):
                if operand in self.exits and self.wiring.of.get(operand) is not cell:
                    if cell.scope is None:
                        self._edge(cell, node, port, operand)
                    elif (cell, operand) not in seen:
                        seen.add((cell, operand))
                        self._connect(self.exits[operand], self.names[cell], weight=100)

    def _edge(self, cell: Cell, node: Node, port: int, operand: int) -> None:
        kind = line_kind(self.graph, node, port)
        tail, head = self.exits[operand], self.names[cell]
        if kind not in {"trunk", "gate"}:
            tail = self.upper.get(operand, tail)
        if is_wide_merge(node):
            self._connect(tail, f"{head}:p{port}:n", kind, weight=10)
            return
        if kind == "trunk":
            weight = 100 if _on_trunk(cell.branch) else 10
            self._connect(tail, head, weight=weight)
        elif kind == "gate":
            self._gate(cell, node, tail, head)
        elif tail.startswith("fork") and head.startswith("merge") and node.scope.kind in _JOINED:
            self.canvas.edge(f"{tail}:e", f"{head}:e", kind, constraint=False)
        elif tail.startswith("fork"):
            self._connect(f"{tail}:e", f"{head}:n", kind, minlen=self._beside(node), weight=2)
        elif head.startswith("merge") and node.scope.kind in _JOINED:
            self._connect(f"{tail}:s", f"{head}:e", kind)
        else:
            self._connect(tail, head, kind)

    def _gate(self, cell: Cell, node: Node, tail: str, head: str) -> None:
        """Into, within and out of a gate, which stands beside the branch; the two products and 1 - T are one rank."""
        sign = _sign(cell)
        if tail in self.beside and node.scope.kind is ScopeKind.RESIDUAL:  # 1 - T to its product
            middle = self.beside[tail]
            # Without ports: Graphviz would lose the looks of such edges.
            self.canvas.edge(tail, middle, "gate", arrowhead="none")
            self.canvas.edge(middle, head, "gate")
        elif sign == "mul" and node.scope.kind is ScopeKind.RESIDUAL and tail.startswith("box"):
            side = "e" if self._is_main_product(cell) else "n"
            self._connect(f"{tail}:s", f"{head}:{side}", "gate", weight=1)
        elif tail.startswith("fork") and head.startswith("box"):
            self._connect(tail, f"{head}:n", "gate", weight=1, minlen=self._beside(node))
        else:
            self._connect(tail, head, "gate", weight=1)

    def _is_main_product(self, cell: Cell) -> bool:
        """Of the two products of a gated unit the one with the branch's result."""
        return any(line_kind(self.graph, cell.first, port) == "trunk" for port in range(len(cell.first.operands)))

    def _beside(self, node: Node) -> int:
        """Ranks from the fork to what stands on a shortcut, so that it is beside the middle of the branch."""
        residual = next((s for s in node.scope.ancestors() if s.kind is ScopeKind.RESIDUAL), None)
        source = max(map(self.wiring.source, node.operands))
        main = [
            cell
            for cell in self.wiring.cells
            if cell.branch and cell.branch.kind is ScopeKind.MAIN and cell.branch.parent is residual
            if cell.first.id > source
        ]
        beside = sum(cell.branch is branch_of(node.scope) for cell in self.wiring.cells)
        return 1 + 2 * max(0, (len(main) - beside + 1) // 2)


_JOINED = {ScopeKind.RESIDUAL, ScopeKind.DENSE}
_GATES = {ScopeKind.GATE, ScopeKind.CARRY}


def _sign(cell: Cell) -> str:
    """The operator of a circle; empty for a box."""
    major = cell.major
    return major.op.kind if cell.scope is None and major is not None and major.op.kind in SIGNS else ""


def _on_trunk(branch: Scope | None) -> bool:
    return branch is None or branch.kind is ScopeKind.MAIN


def _is_wide(graph: Graph, scope: Scope) -> bool:
    """Whether a residual has boxes beside its branch."""
    return shortcut_kind(graph, scope) in {"projection", "pad", "pool", "other", "gate", "gated"}
