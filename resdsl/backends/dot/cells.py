"""What the block level draws: an operator with the norms and activations on it is one cell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from resdsl.analysis.sections import shortcut_kind
from resdsl.backends.dot.describe import MINOR, SIGNS, fault
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, Node, Scope, ScopeKind

BRANCHES = {ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY, ScopeKind.BRANCH}


@dataclass(eq=False, slots=True)
class Cell:
    """Nodes drawn as one box or circle, in order; at most one of them is more than a thin strip."""

    nodes: list[Node]
    branch: Scope | None
    """The innermost branch of a residual or merge that it stands in."""
    count: int = 1
    """How many equal cells, one after the other, it stands for."""
    end: Node | None = None
    """The last node of those."""
    scope: Scope | None = None
    """The block that it is, if the insides of that are not drawn."""

    @property
    def first(self) -> Node:
        return self.nodes[0]

    @property
    def last(self) -> Node:
        return self.end or self.nodes[-1]

    @property
    def major(self) -> Node | None:
        return next((node for node in self.nodes if node.op.role not in MINOR or node.op.kind in SIGNS), None)


@dataclass(slots=True)
class Wiring:
    """The cells of a block and who reads what."""

    cells: list[Cell] = field(default_factory=list)
    of: dict[int, Cell] = field(default_factory=dict)
    """The cell that each node stands in."""
    readers: dict[int, list[tuple[Cell, Node, int]]] = field(default_factory=dict)
    """For each value read by another cell: who reads it, at which node and port."""
    same_as: dict[int, int] = field(default_factory=dict)
    """For an identity, which is not drawn, the value that it passes on."""
    times: dict[Scope, int] = field(default_factory=dict)
    """How many equal branches a drawn one stands for, where that is more than itself."""

    def source(self, value: int) -> int:
        """The value that a node really reads."""
        return self.same_as.get(value, value)


def wiring(view: View, items: Iterable[Scope | int], *, single: bool = False) -> Wiring:
    """Cells of a block's items, and what connects them. Of equal branches of a merge only the first is there.

    With `single` every operator is a cell, and all branches are there.
    """
    graph = view.graph
    found = Wiring()
    items = tuple(items)
    hidden = set() if single else _hidden(graph, items, found.times)
    opaque = _opaque(view, items)
    nodes = [graph.node(i) for item in items for i in (item.nodes() if isinstance(item, Scope) else (item,))]
    nodes = [node for node in nodes if node.id not in hidden]
    leading = _leading(nodes)
    for node in nodes:
        if node.op.kind == "identity":
            found.same_as[node.id] = found.source(node.operands[0])
            continue
        branch = branch_of(node.scope)
        if scope := opaque.get(node.id):
            _enclose(found, node, scope)
            continue
        before = found.of.get(found.source(node.operands[0])) if len(node.operands) == 1 else None
        if (
            before
            and not single
            and before.branch is branch
            and not before.scope
            and _joins(graph, before, node, leads=branch in leading)
        ):
            before.nodes.append(node)
            found.of[node.id] = before
        else:
            found.of[node.id] = cell = Cell([node], branch)
            found.cells.append(cell)
    for cell in found.cells:
        for node in cell.nodes:
            for port, operand in enumerate(map(found.source, node.operands)):
                if found.of.get(operand) is cell or operand in hidden:
                    continue
                readers = found.readers.setdefault(operand, [])
                if cell.scope is None or all(reader is not cell for reader, _, _ in readers):
                    readers.append((cell, node, port))
    if not single:
        _fold(graph, found)
    return found


def _opaque(view: View, items: Iterable[Scope | int]) -> dict[int, Scope]:
    """For each node in a block whose insides are not drawn, that block (the outermost)."""
    found: dict[int, Scope] = {}
    for item in items:
        for scope in item.walk() if isinstance(item, Scope) and view.collapse else ():
            if view.is_collapsed(scope):
                for node in scope.nodes():
                    found.setdefault(node, scope)
    return found


def _enclose(found: Wiring, node: Node, scope: Scope) -> None:
    """Puts a node into the cell of its block."""
    last = found.cells[-1] if found.cells else None
    if last is None or last.scope is not scope:
        above = scope.parent
        last = Cell([], branch_of(above) if above else None, scope=scope)
        found.cells.append(last)
    last.nodes.append(node)
    found.of[node.id] = last


def _fold(graph: Graph, found: Wiring) -> None:
    """Equal cells one after the other become one with a count."""
    kept: list[Cell] = []
    for cell in found.cells:
        before = kept[-1] if kept else None
        if before is None or not _repeats(graph, found, before, cell):
            kept.append(cell)
            continue
        del found.readers[before.last.id]
        before.end = cell.last
        before.count += 1
        found.of.update((node.id, before) for node in cell.nodes)
    found.cells = kept


def _repeats(graph: Graph, found: Wiring, before: Cell, cell: Cell) -> bool:
    """Whether a cell does what the one before it does, on its result and nothing else."""
    if cell.scope or before.scope:
        return False
    if cell.branch is not before.branch or cell.first.op.merge or len(cell.nodes) != len(before.nodes):
        return False
    if [reader for reader, _, _ in found.readers.get(before.last.id, ())] != [cell]:
        return False
    pairs = zip(before.nodes, cell.nodes, strict=True)
    return all(a.op == b.op and graph.shapes(a) == graph.shapes(b) for a, b in pairs)


def branch_of(scope: Scope) -> Scope | None:
    """The innermost branch of a residual or merge that a scope is in."""
    return next((above for above in scope.ancestors() if above.kind in BRANCHES), None)


def _leading(nodes: Sequence[Node]) -> set[Scope | None]:
    """Branches that begin with a norm or activation: there these belong to what follows them."""
    first: dict[Scope | None, Node] = {}
    for node in nodes:
        first.setdefault(branch_of(node.scope), node)
    heavy = {branch_of(node.scope) for node in nodes if node.op.role not in MINOR and not node.op.merge}
    return {branch for branch, node in first.items() if node.op.role in MINOR and branch in heavy}


def _joins(graph: Graph, cell: Cell, node: Node, *, leads: bool) -> bool:
    """Whether a node becomes a strip of the cell before it."""
    if fault(node.op) or fault(cell.last.op):
        return False
    if len(graph.consumers(cell.last.id)) != 1 or node.op.kind in SIGNS or cell.last.op.kind in SIGNS:
        return False
    if node.op.role not in MINOR:
        return leads and cell.major is None
    return not leads or cell.major is None or not _heavy_ahead(graph, node)


def _heavy_ahead(graph: Graph, node: Node) -> bool:
    """Whether a convolution or the like follows a norm or activation within its branch."""
    branch = branch_of(node.scope)
    while node.op.role in MINOR:
        readers = graph.consumers(node.id)
        if len(readers) != 1 or branch_of(readers[0].scope) is not branch or readers[0].op.merge:
            return False
        node = readers[0]
    return True


def _hidden(graph: Graph, items: Iterable[Scope | int], times: dict[Scope, int]) -> set[int]:
    """Nodes of branches that equal the branch before them."""
    hidden: set[int] = set()
    for item in items:
        if isinstance(item, int):
            continue
        for merge in item.walk():
            if merge.kind is not ScopeKind.MERGE:
                continue
            shown: Scope | None = None
            key: object = None
            for branch in branches(merge):
                here = _branch_key(graph, branch)
                if shown is not None and here == key and _computes(graph, branch):
                    times[shown] = times.get(shown, 1) + 1
                    hidden.update(branch.nodes())
                else:
                    shown, key = branch, here
    return hidden


def _computes(graph: Graph, branch: Scope) -> bool:
    """Whether anything of a branch is drawn: of one that is only an edge, each edge is."""
    return any(graph.node(i).op.kind != "identity" for i in branch.nodes())


def branches(merge: Scope) -> list[Scope]:
    """The branches of a merge in order, also those that a repeat or loop made."""
    found = (scope for scope in merge.walk() if scope.kind is ScopeKind.BRANCH)
    return [
        branch
        for branch in found
        if next(above for above in branch.ancestors() if above.kind is ScopeKind.MERGE) is merge
    ]


def _branch_key(graph: Graph, branch: Scope) -> tuple[object, ...]:
    """What a branch does, and to which values."""
    nodes = [graph.node(i) for i in branch.nodes()]
    first = nodes[0].id if nodes else 0
    return tuple(
        (node.op, graph.shapes(node), tuple(o - first if o >= first else (o,) for o in node.operands)) for node in nodes
    )


def line_kind(graph: Graph, node: Node, port: int) -> str:
    """The kind of line that ends in operand `port` of a node."""
    return "fault" if fault(node.op) else _kind(graph, node, port)


def _kind(graph: Graph, node: Node, port: int) -> str:
    scope = node.scope
    if scope.kind is ScopeKind.RESIDUAL:
        kind = shortcut_kind(graph, scope) or "trunk"
        if node.op.kind == "complement":
            return "gate"
        if node.op.kind == "mul":
            return _product_kind(graph, scope, node, port)
        if port == 0:
            return "trunk"
        return "carry" if kind == "gate" else kind
    if scope.kind is ScopeKind.DENSE:
        return "dense" if port == 0 else "trunk"
    if scope.kind is ScopeKind.MERGE and node.op.kind == "mul" and port > 0:
        return "gate"
    for above in scope.ancestors():
        if above.kind is ScopeKind.GATE:
            return "gate"
        if above.kind is ScopeKind.CARRY:
            return "carry"
        if above.kind is ScopeKind.SHORTCUT and above.parent is not None:
            kind = shortcut_kind(graph, above.parent) or "other"
            return "carry" if kind == "gate" else kind
        if above.kind in {ScopeKind.MAIN, ScopeKind.DENSE}:
            break
    return "trunk"


def _product_kind(graph: Graph, residual: Scope, product: Node, port: int) -> str:
    """Of the two products of a gated unit: what comes from the gate (or its complement), the branch, the shortcut."""
    source = graph.node(product.operands[port])
    if source.op.kind == "complement" and source.scope is residual:
        return "gate"
    inside = {above.kind for above in source.scope.ancestors()} if source.id > _start(residual) else set()
    if ScopeKind.GATE in inside:
        return "gate"
    if ScopeKind.CARRY in inside:
        return "gate"
    return "trunk" if ScopeKind.MAIN in inside else "carry"


def _start(residual: Scope) -> int:
    return min(residual.nodes()) - 1
