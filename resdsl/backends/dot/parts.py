"""What the stage level draws: boxes and units, runs of identical ones folded.

The structure comes from the scopes that the text had, never from names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from resdsl.analysis.sections import Section, shortcut_kind
from resdsl.backends.dot import theme
from resdsl.backends.dot.describe import MINOR, SIGNS, brief, fault, fold_rows, rows
from resdsl.backends.dot.folding import Box, Group, Part, Unit, folded
from resdsl.backends.dot.tables import Row
from resdsl.backends.dot.text import clip
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Role

_CONSTRUCTS = {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE}
_WHOLE = {*_CONSTRUCTS, ScopeKind.AUX}
_CUTS = {ScopeKind.STAGE, ScopeKind.REGION}


def parts(view: View, items: Iterable[Scope | int], title: str | None = None) -> list[Part]:
    """An outline as parts, identical neighbours folded. `title` is that of the first box of operators."""
    graph = view.graph
    found: list[Box | Unit] = []
    run: list[int] = []

    def flush() -> None:
        nonlocal title
        if run:
            found.append(_run(graph, run, title))
            run.clear()
        title = None

    for item in items:
        if isinstance(item, int):
            node = graph.node(item)
            if run and (node.operands != (run[-1],) or fault(node.op)):
                flush()
            run.append(item)
            if fault(node.op):
                flush()
            continue
        flush()
        found.append(_part(view, item))
    flush()
    return folded(found)


def outline(view: View, cut: Section) -> Iterator[Scope | int]:
    """What a section is made of: nodes, and the scopes that become one part each, in order.

    A section between stages lists nodes alone; the blocks that they make up are found again here.
    """
    if cut.scope is not None and cut.scope.kind is ScopeKind.AUX:
        yield cut.scope
    else:
        yield from _within(view, view.items if cut.scope is None else cut.scope.items, set(cut.nodes))


def _within(view: View, items: Iterable[Scope | int], own: set[int]) -> Iterator[Scope | int]:
    for item in items:
        if isinstance(item, int):
            if item in own:
                yield item
            continue
        inside = set(item.nodes())
        whole = item.kind in _WHOLE or _is_leaf(item)
        if inside and inside <= own and (view.is_collapsed(item) or (whole and not _broken(view.graph, inside))):
            yield item
        elif inside & own:
            yield from _within(view, item.items, own)


def _broken(graph: Graph, nodes: Iterable[int]) -> bool:
    """Whether a step that failed is among them: it stands for itself, whatever it is in."""
    return bool(graph.faults) and any(fault(graph.node(i).op) for i in nodes)


def _is_leaf(scope: Scope) -> bool:
    """A block that is one thing: a single residual, dense layer or merge, or operators alone."""
    if scope.kind is not ScopeKind.BLOCK:
        return False
    outer = list(_outer_constructs(scope))
    return len(outer) <= 1 and not any(inner.kind in _CUTS or inner.kind is ScopeKind.AUX for inner in scope.walk())


def _outer_constructs(scope: Scope) -> Iterator[Scope]:
    for item in scope.items:
        if isinstance(item, int):
            continue
        if item.kind in _CONSTRUCTS:
            yield item
        else:
            yield from _outer_constructs(item)


def _part(view: View, scope: Scope) -> Box | Unit:
    graph = view.graph
    name = scope.title if scope.kind is ScopeKind.BLOCK else None
    if view.is_collapsed(scope):
        return _opaque(graph, scope)
    if scope.kind is ScopeKind.AUX:
        return replace(_box(graph, scope, scope.title or scope.name), aux=True, key=None)
    construct = scope if scope.kind in _CONSTRUCTS else next(_outer_constructs(scope), None)
    if construct is None or construct.kind is ScopeKind.MERGE:
        return _box(graph, scope, name or (graph.node(construct.outputs[0]).op.kind if construct else None))
    kind = shortcut_kind(graph, construct)
    if kind is None or kind == "none":
        return _box(graph, scope, name)
    return _unit(view, scope, construct, kind, name or construct.kind.value)


def _unit(view: View, scope: Scope, construct: Scope, kind: str, name: str) -> Unit:
    graph = view.graph
    key = _key(graph, scope)
    alike: Unit | None = view.known.get(key)
    if alike is not None:
        return _another(graph, alike, scope, construct)
    inner = {item.kind: item for item in construct.items if isinstance(item, Scope)}
    main = inner[ScopeKind.MAIN]
    nested = parts(view, _within(view, main.items, set(main.nodes())))
    if not any(isinstance(part, Unit | Group) for part in nested):
        nested = [_box(graph, main, name)]
    beside, carry = inner.get(ScopeKind.SHORTCUT), inner.get(ScopeKind.CARRY)
    gate = _content(graph, inner[ScopeKind.GATE]) if ScopeKind.GATE in inner else ()
    if carry is not None:
        gate = (*gate, Row("carry", bold=True), *_content(graph, carry))
    nodes = tuple(scope.nodes())
    merge = graph.node(construct.outputs[0])
    unit = Unit(
        kind=kind,
        main=tuple(nested),
        shortcut=_arc_rows(graph, beside) if beside else (),
        gate=gate,
        sign=SIGNS.get(merge.op.kind, "+"),
        reads=_reads(graph, nodes),
        nodes=nodes,
        gives=nodes[-1],
        merge=merge.id,
        places=(module_path(graph, scope),),
        chances=_chance(construct),
        key=key,
        grown=_grown(graph, construct) if kind == "dense" else None,
    )
    if len(nested) == 1 and isinstance(nested[0], Box):
        view.known[key] = unit
    return unit


def _another(graph: Graph, alike: Unit, scope: Scope, construct: Scope) -> Unit:
    """A unit that does what one before it does, so that it says the same."""
    nodes = tuple(scope.nodes())
    return replace(
        alike,
        reads=_reads(graph, nodes),
        nodes=nodes,
        gives=nodes[-1],
        merge=construct.outputs[0],
        places=(module_path(graph, scope),),
        chances=_chance(construct),
        grown=_grown(graph, construct) if alike.grown else None,
    )


def _chance(residual: Scope) -> tuple[float, ...]:
    return (float(residual.survival.chance),) if residual.survival else ()


def _grown(graph: Graph, dense: Scope) -> tuple[int, ...]:
    merge = graph.node(dense.outputs[0])
    return graph.shapes(merge)[0].channels, merge.shape.channels


def module_path(graph: Graph, scope: Scope) -> str:
    """The module path of a scope; of what has none, the one that all in it have in common."""
    return scope.path if scope.name else common_path(graph, tuple(scope.nodes()))


def common_path(graph: Graph, nodes: Sequence[int]) -> str:
    """The module path that all have in common; where there is none, that of the first."""
    paths = [node.path for i in nodes if (node := graph.node(i)).name]
    if not paths:
        return ""
    parts = [path.split(".") for path in (min(paths), max(paths))]
    common = [a for a, b in takewhile(lambda pair: pair[0] == pair[1], zip(*parts, strict=False))]
    return ".".join(common) or paths[0]


def _opaque(graph: Graph, scope: Scope) -> Box:
    """A block whose insides are not drawn."""
    nodes = tuple(scope.nodes())
    changed = (graph.node(nodes[0]).shape, graph.node(nodes[-1]).shape) if nodes else ()
    before = graph.shapes(graph.node(nodes[0])) if nodes else ()
    said = f"{before[0].channels} → {changed[-1].channels}" if changed and before else ""
    gives = nodes[-1] if nodes else scope.inputs[0]
    title = clip(scope.title or "block")
    text = (Row(said, "plain", color="muted"),) if said else ()
    reads, places = _reads(graph, nodes), (module_path(graph, scope),)
    return Box(title, text, _role(graph, nodes), reads, nodes, gives, places, _key(graph, scope))


def _box(graph: Graph, scope: Scope, name: str | None) -> Box:
    nodes = tuple(scope.nodes())
    role = _role(graph, nodes)
    content = _content(graph, scope)
    gives = nodes[-1] if nodes else scope.inputs[0]
    title = clip(name) if name is not None else None
    places = (module_path(graph, scope),)
    return Box(title, content, role, _reads(graph, nodes), nodes, gives, places, _key(graph, scope))


def _run(graph: Graph, ids: Sequence[int], title: str | None) -> Box:
    nodes = tuple(graph.node(i) for i in ids)
    text = tuple(rows(graph, nodes, named=True))
    named = tuple(node.path for node in nodes if node.name)[:1]
    own = tuple(ids)
    steps = tuple((node.op, graph.shapes(node)) for node in nodes)
    if said := fault(nodes[0].op):
        return Box("fault", (), Role.SHAPE, _reads(graph, own), own, own[-1], fault=said)
    return Box(title, text, _role(graph, own), _reads(graph, own), own, own[-1], named, (title, steps))


def _role(graph: Graph, nodes: Sequence[int]) -> Role:
    """The role whose outline a box has: the heaviest that it does."""
    roles = [graph.node(i).op.role for i in nodes]
    return next((role for role in (Role.CONV, Role.LINEAR, Role.POOL, Role.MERGE) if role in roles), Role.SHAPE)


def _reads(graph: Graph, nodes: Sequence[int]) -> tuple[int, ...]:
    own = set(nodes)
    return tuple(dict.fromkeys(o for i in nodes for o in graph.node(i).operands if o not in own))


# --- what a box says ----------------------------------------------------------------------------------------------


def _content(graph: Graph, scope: Scope) -> tuple[Row, ...]:
    """Strips of a block: its convolutions in order, a merge as a line for each branch."""
    if scope.kind is ScopeKind.MERGE:
        return tuple(row for group in _merge_rows(graph, scope) for row in group)
    groups: list[list[Row]] = []
    run: list[Node] = []

    def flush() -> None:
        if run:
            groups.extend([row] for row in rows(graph, run, named=False))
            run.clear()

    def visit(scope: Scope) -> None:
        for item in scope.items:
            if isinstance(item, int):
                run.append(graph.node(item))
            elif item.kind is ScopeKind.MERGE:
                flush()
                groups.extend(_merge_rows(graph, item))
            elif item.kind is not ScopeKind.AUX:
                visit(item)

    visit(scope)
    majors = [node for node in run if node.op.role not in MINOR and not node.op.merge]
    if groups and not majors:
        run.clear()  # what follows a merge (an activation) is left to the block level
    flush()
    return tuple(row for group in groups for row in group)


def _arc_rows(graph: Graph, beside: Scope) -> tuple[Row, ...]:
    """What stands on a shortcut's arc: its convolutions, or all that it does where there is none."""
    nodes = [graph.node(i) for i in beside.nodes()]
    heavy = any(node.op.role in {Role.CONV, Role.LINEAR} for node in nodes)
    return _content(graph, beside) if heavy else tuple(rows(graph, nodes, named=True))


def _merge_rows(graph: Graph, merge: Scope) -> list[list[Row]]:
    """A line for each distinct branch, then what joins them."""
    node = graph.node(merge.outputs[0])
    branches = [scope for scope in merge.walk() if scope.kind is ScopeKind.BRANCH and _merge_of(scope) is merge]
    gated = node.op.kind == "mul"
    if gated and len(branches) > 1:  # a value times a gate computed from it
        branches = branches[1:]
    lines = [[Row(_branch_text(graph, branch), "gated" if gated else theme.fill(Role.CONV))] for branch in branches]
    joined = "times gate" if gated else f"{node.op.kind} {node.shape.channels}"
    return [*fold_rows(lines), [Row(joined, "gated" if gated else "merged")]]


def _merge_of(branch: Scope) -> Scope | None:
    """The merge that a branch belongs to: branches may stand in repeats and the like."""
    return next((scope for scope in branch.ancestors() if scope.kind is ScopeKind.MERGE), None)


def _branch_text(graph: Graph, branch: Scope) -> str:
    majors = [node for i in branch.nodes() if (node := graph.node(i)).op.role not in MINOR and not node.op.merge]
    return " → ".join(brief(graph, node) for node in majors) or "identity"


# --- what makes parts alike ----------------------------------------------------------------------------------------


def _key(graph: Graph, scope: Scope) -> object:
    """Structure, arguments and shapes, without survival; of dense layers not the channels that come in."""
    outside: dict[int, int] = {}
    first = next(scope.nodes(), 0)

    def wire(operand: int) -> int:
        return operand - first if operand >= first else -1 - outside.setdefault(operand, len(outside))

    grows = any(inner.kind is ScopeKind.DENSE for inner in scope.walk())
    found: list[object] = []
    for inner in scope.walk():
        found.append((inner.kind, inner.title if inner.kind is ScopeKind.BLOCK else None))
        for item in inner.items:
            if isinstance(item, int):
                node = graph.node(item)
                sizes = tuple(shape.size if grows else shape for shape in graph.shapes(node))
                found.append((node.op, sizes, tuple(map(wire, node.operands))))
    return tuple(found)
