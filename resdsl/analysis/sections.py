"""The parts of a net that tables and pictures show: its stages, its regions, and what lies between them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from resdsl.graph.model import Graph, Scope, ScopeKind
from resdsl.ops.base import Role

_NAMED = {ScopeKind.STAGE, ScopeKind.REGION, ScopeKind.AUX}
_WRITTEN = {ScopeKind.STAGE, ScopeKind.REGION}
_WHOLE = {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE}
_PARTS = (
    {ScopeKind.BLOCK},
    {ScopeKind.RESIDUAL, ScopeKind.DENSE, ScopeKind.MERGE},
)


@dataclass(frozen=True, slots=True)
class Section:
    """A run of the net in order of execution; every node but the inputs is in exactly one."""

    scope: Scope | None
    """The stage, region or auxiliary head that it is; `None` for what lies between them."""
    items: tuple[Scope | int, ...]
    nodes: tuple[int, ...]
    """Node ids, in order of execution."""

    @property
    def scopes(self) -> Iterator[Scope]:
        """Every scope within it (its own included), in order of execution."""
        for item in (self.scope,) if self.scope else self.items:
            if isinstance(item, Scope):
                yield from item.walk()

    def parts(self) -> tuple[Scope, ...]:
        """What it is built of: the outermost block calls, else residuals and merges, else nothing."""
        for kinds in _PARTS:
            if found := tuple(scope for item in self.items for scope in _outermost(item, kinds)):
                return found
        return ()


def sections(graph: Graph, items: Iterable[Scope | int] | None = None) -> tuple[Section, ...]:
    """Cut at the outermost stages, regions and auxiliary heads; where none is written, where the stride changes.

    Of the whole graph, or of `items`.
    """
    inputs = set(graph.inputs)
    atoms = [item for item in _atoms(graph.root.items if items is None else items) if item not in inputs]
    strides = not any(isinstance(item, Scope) and item.kind in _WRITTEN for item in atoms)
    found: list[Section] = []
    run: list[Scope | int] = []
    level: object = None
    for item in atoms:
        if isinstance(item, Scope) and item.kind in _NAMED:
            found.extend(_section(None, run))
            found.extend(_section(item, item.items))
            run = []
            continue
        here = _level(graph, item) if strides else None
        if run and here != level:
            found.extend(_section(None, run))
            run = []
        level = here
        run.append(item)
    return (*found, *_section(None, run))


def shortcut_kind(graph: Graph, scope: Scope) -> str | None:
    """What the shortcut of a residual or dense scope is, from what it does; `None` for other scopes.

    One of `identity`, `gated` (it is multiplied by what it computes), `projection` (it has a convolution or linear
    layer), `pad`, `pool`, `other`, `gate` (the unit has one), `dense`, `none` (no addition).
    """
    if scope.kind is ScopeKind.DENSE:
        return "dense"
    if scope.kind is not ScopeKind.RESIDUAL:
        return None
    children = {item.kind: item for item in scope.items if isinstance(item, Scope)}
    if ScopeKind.GATE in children:
        return "gate"
    if ScopeKind.SHORTCUT not in children:
        return "none"
    ops = [graph.node(node).op for node in children[ScopeKind.SHORTCUT].nodes()]
    if not ops:
        return "identity"
    roles = {op.role for op in ops}
    if any(op.kind == "mul" for op in ops):
        return "gated"
    if roles & {Role.CONV, Role.LINEAR}:
        return "projection"
    if any(op.kind == "pad_channels" for op in ops):
        return "pad"
    return "pool" if Role.POOL in roles else "other"


def _section(scope: Scope | None, items: list[Scope | int]) -> Iterator[Section]:
    nodes = tuple(node for item in items for node in (item.nodes() if isinstance(item, Scope) else (item,)))
    if nodes:
        yield Section(scope, tuple(items), nodes)


def _atoms(items: Iterable[Scope | int]) -> Iterator[Scope | int]:
    """What is not cut further: named parts, residual and merge constructs without one and blocks around one such
    construct, single nodes.
    """
    for item in items:
        if isinstance(item, int) or item.kind in _NAMED or _is_whole(item):
            yield item
        else:
            yield from _atoms(item.items)


def _is_whole(scope: Scope) -> bool:
    if any(inner.kind in _NAMED for inner in scope.walk()):
        return False
    return scope.kind in _WHOLE or (scope.kind is ScopeKind.BLOCK and len(list(_outermost(scope, _WHOLE))) == 1)


def _outermost(item: Scope | int, kinds: set[ScopeKind]) -> Iterator[Scope]:
    if isinstance(item, int):
        return
    if item.kind in kinds:
        yield item
        return
    for inner in item.items:
        yield from _outermost(inner, kinds)


def _level(graph: Graph, item: Scope | int) -> object:
    """The total stride after an item; all that comes after the last map is one level, the head."""
    node = graph.node(item if isinstance(item, int) else item.outputs[0])
    return node.stride if max(node.shape.size, default=1) > 1 else "head"
