"""What distinguishes two nets: steps added, removed and changed, and what follows for shapes, keys and figures."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass

from resdsl.analysis.alignment import aligned
from resdsl.analysis.memory import Kept, activations, live_bytes
from resdsl.analysis.metrics import metrics
from resdsl.analysis.receptive import receptive_fields
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.ops.arguments import show
from resdsl.ops.base import Operator
from resdsl.ops.init import Init

WORK_BETWEEN = 100_000
"""Comparisons for what lies between two steps that are equal: there may be many such places."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of both nets."""

    name: str
    before: int
    after: int


@dataclass(frozen=True, slots=True)
class Group:
    """Equal things in a row."""

    paths: tuple[str, ...]
    what: str


@dataclass(frozen=True, slots=True)
class Difference:
    """From one net to another. Empty groups everywhere mean that nothing but the model's name differs."""

    before: str
    after: str
    figures: tuple[Figure, ...]
    by_name: bool
    """Whether steps were matched by their names; if not, the nets share few, and the order of operators decided."""
    added: tuple[Group, ...]
    removed: tuple[Group, ...]
    changed: tuple[Group, ...]
    """Steps with other arguments, or survival, or operands."""
    shapes: tuple[Group, ...]
    """Steps that are the same and give another shape."""
    keys_added: tuple[str, ...]
    keys_removed: tuple[str, ...]
    keys_changed: tuple[str, ...]
    """Keys of the `state_dict` with another shape."""

    @property
    def differs(self) -> bool:
        found = (
            self.added,
            self.removed,
            self.changed,
            self.shapes,
            self.keys_added,
            self.keys_removed,
            self.keys_changed,
        )
        return any(found) or any(figure.before != figure.after for figure in self.figures)

    def to_json(self) -> str:
        """Every field."""
        return json.dumps({"differs": self.differs, **asdict(self)}, indent=2) + "\n"


class Matching:
    """Which step of one net is which of the other, and the nodes that have none."""

    def __init__(self, before: Graph, after: Graph) -> None:
        mine, theirs = _addresses(before), _addresses(after)
        common = mine.keys() & theirs.keys()
        alike = sum(before.node(mine[path]).op.kind == after.node(theirs[path]).op.kind for path in common)
        self.by_name = 2 * len(common) >= min(len(mine), len(theirs)) and 4 * alike >= 3 * len(common)
        if self.by_name:
            self.pairs = [(mine[path], theirs[path]) for path in mine if path in common]
        else:
            self.pairs = list(_in_order(before, after))
        matched, also = {a for a, _ in self.pairs}, {b for _, b in self.pairs}
        self.removed = [node.id for node in before.nodes() if node.id not in matched]
        self.added = [node.id for node in after.nodes() if node.id not in also]
        self.changed = [(a, b) for a, b in self.pairs if _change(before.node(a), after.node(b))]


def difference(before: Graph, after: Graph) -> Difference:
    """What changes from `before` to `after`."""
    found = Matching(before, after)
    changes = [(a, _change(before.node(a), after.node(b))) for a, b in found.changed]
    shapes = [
        (a, f"{before.node(a).shape} -> {after.node(b).shape}")
        for a, b in found.pairs
        if before.node(a).shape != after.node(b).shape
    ]
    mine, theirs = (_keys(graph) for graph in (before, after))
    return Difference(
        before=before.name,
        after=after.name,
        figures=tuple(_figures(before, after)),
        by_name=found.by_name,
        added=tuple(_whole(after, found.added)),
        removed=tuple(_whole(before, found.removed)),
        changed=tuple(_grouped((_called(before.node(a)), what) for a, what in changes)),
        shapes=tuple(_grouped((_called(before.node(a)), what) for a, what in shapes)),
        keys_added=tuple(key for key in theirs if key not in mine),
        keys_removed=tuple(key for key in mine if key not in theirs),
        keys_changed=tuple(key for key in mine if key in theirs and mine[key] != theirs[key]),
    )


def _addresses(graph: Graph) -> dict[tuple[str, int], int]:
    """Every node under a name: its path, or for what has none its kind in its scope; and a number among those."""
    found: dict[tuple[str, int], int] = {}
    counts: Counter[str] = Counter()
    for node in graph.nodes():
        name = node.path if node.name else f"{node.scope.naming.path}/{node.op.kind}"
        counts[name] += 1
        found[name, counts[name]] = node.id
    return found


def _in_order(before: Graph, after: Graph) -> Iterator[tuple[int, int]]:
    """Steps with equal operators, and within what lies between them those of equal kind."""
    mine, theirs = list(before.nodes()), list(after.nodes())
    ends = len(mine), len(theirs)
    a = b = 0
    for a_next, b_next in (*aligned([_said(n.op) for n in mine], [_said(n.op) for n in theirs]), ends):
        kinds = [n.op.kind for n in mine[a:a_next]], [n.op.kind for n in theirs[b:b_next]]
        yield from ((a + i, b + j) for i, j in aligned(*kinds, work=WORK_BETWEEN))
        if (a_next, b_next) != ends:
            yield a_next, b_next
        a, b = a_next + 1, b_next + 1


def _said(op: Operator) -> str:
    return f"{op.kind} {sorted(op.arguments().items(), key=str)}"


def _change(before: Node, after: Node) -> str:
    """`width 64 -> 128, groups 1 -> 32`, or nothing."""
    said = []
    if before.op.kind != after.op.kind:
        said.append(f"{before.op.kind} -> {after.op.kind}")
    elif before.op.kind != "input":
        fields = type(before.op).model_fields
        for name in fields:
            one, other = getattr(before.op, name), getattr(after.op, name)
            if repr(one) != repr(other):  # to `==`, true is 1
                said.append(f"{name} {_value(one)} -> {_value(other)}")
    if len(before.operands) != len(after.operands):
        said.append(f"{len(before.operands)} -> {len(after.operands)} operands")
    chances = [_survival(node) for node in (before, after)]
    if chances[0] != chances[1]:
        said.append(f"survival {chances[0]} -> {chances[1]}")
    return ", ".join(said)


def _value(value: object) -> str:
    return value.describe() if isinstance(value, Init) else show(value)


def _survival(node: Node) -> str:
    """Of the addition at the end of a unit: that of the unit."""
    survival = node.scope.survival if node.scope.kind is ScopeKind.RESIDUAL else None
    if survival is None:
        return "1"
    return f"{float(survival.chance):.6g} per {survival.per}, rescaled in {survival.rescale}"


def _called(node: Node) -> str:
    if node.name:
        return node.path
    return f"{node.op.kind} of {node.scope.naming.path}" if node.scope.naming.path else node.op.kind


def _grouped(found: Iterable[tuple[str, str]]) -> Iterator[Group]:
    """What changes in the same way, together, in order of the first."""
    groups: dict[str, list[str]] = {}
    for path, what in found:
        groups.setdefault(what, []).append(path)
    schedule: list[Group] = []
    for what, paths in groups.items():
        one = Group(tuple(paths), what)
        if what.startswith("survival "):
            schedule.append(one)
        else:
            yield one
    if schedule:
        yield Group(tuple(path for one in schedule for path in one.paths), _range(one.what for one in schedule))


def _range(changes: Iterable[str]) -> str:
    """`survival 1 -> 0.99 .. 0.5 per batch`: the change of the first unit, up to that of the last."""
    first, *others = changes
    last = others[-1].partition(" -> ")[2].partition(" ")[0] if others else ""
    before, _, after = first.partition(" -> ")
    number, _, how = after.partition(" ")
    return f"{before} -> {number} .. {last} {how}" if last and last != number else first


def _whole(graph: Graph, ids: list[int]) -> Iterator[Group]:
    """Nodes as the largest constructs that they make up; neighbours of one kind together."""
    wanted = set(ids)
    found = [
        (item.path or item.title or item.kind.value, item.title or item.kind.value)
        if isinstance(item, Scope)
        else (_called(graph.node(item)), graph.node(item).op.kind)
        for item in _largest(graph.root, wanted)
    ]
    run: list[str] = []
    last = None
    for path, what in found:
        if run and last is not None and what != last:
            yield Group(tuple(run), last)
            run = []
        run.append(path)
        last = what
    if run and last is not None:
        yield Group(tuple(run), last)


def _largest(scope: Scope, wanted: set[int]) -> Iterator[Scope | int]:
    for item in scope.items:
        if isinstance(item, int):
            if item in wanted:
                yield item
            continue
        inside = set(item.nodes())
        if inside and inside <= wanted and item.kind in (ScopeKind.BLOCK, ScopeKind.STAGE, ScopeKind.AUX):
            yield item
        elif inside & wanted:
            yield from _largest(item, wanted)


def _keys(graph: Graph) -> dict[str, tuple[int, ...]]:
    return {key: weight.shape for key, weight, _ in graph.weights()}


def _figures(before: Graph, after: Graph) -> Iterator[Figure]:
    for (name, one), (_, other) in zip(_numbers(before), _numbers(after), strict=True):
        yield Figure(name, one, other)


def _numbers(graph: Graph) -> Iterator[tuple[str, int]]:
    found = metrics(graph)
    yield "parameters", found.params
    yield "multiply-adds", found.macs
    yield "activation bytes", Kept.total(activations(graph)).bytes()
    yield "bytes alive in eval", live_bytes(graph)
    yield "depth", found.depth
    yield "residual units", found.units
    yield "keys", found.keys
    fields = receptive_fields(graph)
    maps = [node for node in graph.nodes() if fields[node.id] and max(node.shape.size, default=1) > 1]
    yield "receptive field", int(fields[maps[-1].id][0].largest) if maps else 0


def ranged(paths: tuple[str, ...]) -> str:
    """`layer1.0.conv2 .. layer4.2.conv2 (16)` of paths that differ in numbers, else the first ones."""
    if len(paths) == 1:
        return paths[0]
    patterns = {re.sub(r"\d+", "*", path) for path in paths}
    if len(patterns) == 1:
        return f"{paths[0]} .. {paths[-1]} ({len(paths)})"
    shown = ", ".join(paths[:3])
    return f"{shown}, .. ({len(paths)})" if len(paths) > 3 else shown
