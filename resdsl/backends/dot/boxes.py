"""What stands in the boxes of a block's column."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

from resdsl.backends.dot import text, theme
from resdsl.backends.dot.cells import Cell, Wiring, line_kind
from resdsl.backends.dot.describe import MINOR, detail, fault, is_grouped, strip, tint, title
from resdsl.backends.dot.tables import Html, Labels, Row
from resdsl.graph.model import Graph, Node, ScopeKind
from resdsl.records import Record

_WIDTH = 84


class Boxes(Record):
    """The labels of cells; with `single` each step has its module path."""

    graph: Graph
    labels: Labels
    wiring: Wiring
    single: bool

    def label(self, cell: Cell, drawn: Container[int]) -> Html:
        """Of a cell that is no circle; `drawn` has the values that lines come from, for the ports of a merge."""
        node = cell.major or cell.first
        if said := fault(node.op):
            return self.labels.fault(said)
        if cell.scope is not None:
            return self._opaque(cell)
        return self._merge(node, drawn) if is_wide_merge(node) else self._steps(cell)

    def _opaque(self, cell: Cell) -> Html:
        assert cell.scope is not None
        before = self.graph.shapes(cell.first)
        said = f"{before[0].channels if before else 0} → {cell.last.shape.channels}"
        rows = [Row(said, "plain", color="muted")]
        return self.labels.box(text.clip(cell.scope.title or "block"), rows, "muted", width=_WIDTH)

    def _merge(self, node: Node, drawn: Container[int]) -> Html:
        parts = []
        for place, operand in enumerate(map(self.wiring.source, node.operands)):
            if operand in drawn:
                cell = self.wiring.of.get(operand)
                parts.append((place, f"{self.graph.node(operand).shape.channels}", self._times(cell) if cell else 1))
        return self.labels.merged("concat", parts, node.shape.channels)

    def _steps(self, cell: Cell) -> Html:
        gate = any(scope.kind is ScopeKind.GATE for scope in cell.first.scope.ancestors())
        rows = list(self._rows(cell, gate=gate))
        main = cell.major or cell.first
        kind = line_kind(self.graph, cell.first, 0)
        stroke = theme.LINES[kind].color if kind != "trunk" else theme.stroke(main.op.role)
        times = self._times(cell)
        head = None
        if times > 1 and cell.branch is not None and cell.first.id == next(cell.branch.nodes()):
            head = f"{times} equal branches"
        return self.labels.box(head, rows, stroke, width=_WIDTH)

    def _times(self, cell: Cell) -> int:
        return self.wiring.times.get(cell.branch, 1) if cell.branch else 1

    def _rows(self, cell: Cell, *, gate: bool) -> Iterator[Row]:
        alone = cell.major is None
        for node in cell.nodes:
            if node.op.role in MINOR:
                yield Row(strip(node.op), theme.fill(node.op.role), bold=alone)
            else:
                fill = "gated" if gate else tint(node.op)
                yield Row(title(node.op, node), fill, size=9, bold=True, count=cell.count)
                if about := detail(self.graph, node):
                    yield Row(about, fill, color="muted")
                if is_grouped(node.op):
                    yield Row(_groups(self.graph, node), fill)
            if self.single and node.name:
                yield Row(text.clip(node.path), color="muted")


def is_wide_merge(node: Node) -> bool:
    """Whether a step is drawn as a box with a port for each branch, not as a circle."""
    return node.op.kind == "concat" and node.scope.kind is ScopeKind.MERGE


def _groups(graph: Graph, node: Node) -> str:
    groups: int = getattr(node.op, "groups", 1)
    each = graph.shapes(node)[0].channels // groups
    shown: Sequence[str] = [str(each)] * groups if groups <= 4 else [str(each)] * 3 + ["…", str(each)]
    return " | ".join(shown)
