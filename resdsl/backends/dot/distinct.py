"""The distinct blocks of a net: equal in structure, kernels and strides, whatever their widths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from resdsl.analysis.sections import Section, sections, shortcut_kind
from resdsl.backends.dot.describe import MINOR, fault, spoken
from resdsl.backends.dot.parts import module_path, outline
from resdsl.backends.dot.text import clip
from resdsl.backends.dot.view import View
from resdsl.graph.model import Graph, Node, Scope, ScopeKind


@dataclass(slots=True)
class Block:
    """One column of the block level: the first instance of a block, or operators that stand in no block."""

    title: str
    items: tuple[Scope | int, ...]
    key: object
    places: list[str]
    """Module paths of its instances."""
    chances: list[tuple[float, ...]] = field(default_factory=list)
    """For each instance, the survival of its residuals that may be dropped."""
    aux: bool = False
    """Whether it is trained along and not part of the net."""


def distinct(view: View) -> list[Block]:
    """Distinct blocks in order of first use. What stands between blocks is one too: stem, head, transitions."""
    found: dict[object, Block] = {}
    for block in blocks(view):
        if block.key in found:
            found[block.key].places.extend(block.places)
            found[block.key].chances.extend(block.chances)
        else:
            found[block.key] = block
    return list(found.values())


def blocks(view: View) -> Iterator[Block]:
    """Every block, and what stands between them, in order."""
    graph = view.graph
    cuts = sections(graph, view.items) if view.section is None else (Section(None, view.items, view.nodes),)
    for place, cut in enumerate(cuts):
        run: list[int] = []
        between = "stem" if place == 0 else "head" if place == len(cuts) - 1 else "operators"
        between = clip(view.section) if view.section else between
        for item in outline(view, cut):
            if isinstance(item, int):
                if run and graph.node(item).operands != (run[-1],):
                    yield from _run(graph, run, between)
                    run = []
                run.append(item)
                continue
            yield from _run(graph, run, between)
            run = []
            yield _block(graph, item)
        yield from _run(graph, run, between)


def _block(graph: Graph, scope: Scope) -> Block:
    title = scope.title if scope.kind in {ScopeKind.BLOCK, ScopeKind.AUX} else None
    kind = graph.node(scope.outputs[0]).op.kind if scope.kind is ScopeKind.MERGE else scope.kind.value
    chances = tuple(float(inner.survival.chance) for inner in scope.walk() if inner.survival)
    path, aux = module_path(graph, scope), scope.kind is ScopeKind.AUX
    called = title if scope.kind is ScopeKind.BLOCK else None
    return Block(clip(title or kind), (scope,), (called, _key(graph, scope)), [path], [chances], aux)


def _run(graph: Graph, ids: list[int], title: str) -> Iterator[Block]:
    nodes = [node for i in ids if (node := graph.node(i)).op.kind != "identity"]
    if not nodes:  # what does nothing is not drawn
        return
    named = [node.path for node in nodes if node.name]
    key = tuple(_node_key(graph, node) for node in nodes)
    heavy = [node for node in nodes if node.op.role not in MINOR] or nodes
    word = "fault" if fault(heavy[-1].op) else spoken(heavy[0].op) if len(heavy) == 1 else title
    yield Block(word, tuple(ids), key, (named or [""])[:1])


def _key(graph: Graph, scope: Scope) -> tuple[object, ...]:
    first = next(scope.nodes(), 0)
    outside: dict[int, int] = {}
    found: list[object] = []
    for inner in scope.walk():
        dropped = inner.survival is not None
        found.append(
            (inner.kind, inner.title if inner.kind is ScopeKind.BLOCK else None, dropped, shortcut_kind(graph, inner))
        )
        for item in inner.items:
            if isinstance(item, int):
                node = graph.node(item)
                wires = [o - first if o >= first else -1 - outside.setdefault(o, len(outside)) for o in node.operands]
                found.append((*_node_key(graph, node), tuple(wires)))
    return tuple(found)


def _node_key(graph: Graph, node: Node) -> tuple[object, ...]:
    """What an operator does, apart from how many channels it has."""
    op = node.op
    groups = getattr(op, "groups", 1)
    depthwise = node.operands and groups == graph.shapes(node)[0].channels and groups > 1
    arguments = tuple(getattr(op, name, None) for name in ("k", "stride", "dilation"))
    return op.kind, arguments, "depthwise" if depthwise else groups
