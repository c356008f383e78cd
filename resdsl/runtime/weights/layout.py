"""How a set of weights is laid out: its tensors, grouped into the modules that own them, in order.

A layout knows names, shapes and an order. That of a graph knows more: what stands on a shortcut or in a gate, and
which module's result reaches which.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from resdsl.diagnostics import WeightsError
from resdsl.graph.model import Graph, ScopeKind

COUNTER = "num_batches_tracked"
"""The one tensor that a checkpoint may lack: early PyTorch had none, and eval does not read it."""

MAIN = "main"
MAX_DEPTH = 50  # components of a key

_OWN = frozenset({"weight", "bias", "running_mean", "running_var", COUNTER})
_LANES = {
    ScopeKind.MAIN: MAIN,
    ScopeKind.SHORTCUT: "shortcut",
    ScopeKind.GATE: "gate",
    ScopeKind.CARRY: "carry",
}
_WORDS = {
    "shortcut": {
        "downsample",
        "shortcut",
        "skip",
        "identity",
        "identity_conv",
        "identity_branch",
        "proj",
        "projection",
    },
    "gate": {"gate", "transform", "transform_gate"},
    "carry": {"carry", "carry_gate"},
}
_ROLE_OF = {word: role for role, words in _WORDS.items() for word in words}

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The tensors of one module, without the counter.

    A tensor of its own (a scale) is a group whose only leaf is "".
    """

    prefix: str
    tensors: tuple[tuple[str, Shape], ...]
    """Leaf and shape, sorted by leaf."""
    role: str = MAIN
    """What it does in its unit: main, shortcut, gate, carry; as the graph or the names say."""
    lane: tuple[str, str] | None = None
    """Its innermost residual unit and which lane of it, as the graph or the names say."""
    node: int | None = None
    """For a graph: the node."""

    def key(self, leaf: str) -> str:
        return ".".join(part for part in (self.prefix, leaf) if part)

    def __str__(self) -> str:
        shape = dict(self.tensors).get("weight", self.tensors[0][1])
        return f"{self.prefix} ({size(shape)})"


@dataclass(frozen=True)
class Layout:
    """All groups in order, and the shape of every tensor by its key."""

    what: str
    """What messages call it: a file, the model."""
    shapes: Mapping[str, Shape]
    groups: tuple[Group, ...]
    ordered: bool = True
    """Whether the order is that of registration; safetensors files keep none."""
    graph: Graph | None = field(default=None, repr=False)

    @cached_property
    def reaches(self) -> list[int]:
        """For each node of the graph, the set of nodes that its value depends on, as bits."""
        assert self.graph is not None
        found: list[int] = []
        for node in self.graph.nodes():
            bits = 1 << node.id
            for operand in node.operands:
                bits |= found[operand]
            found.append(bits)
        return found

    def sequential(self, one: int, other: int) -> bool:
        """Whether the result of one group is computed from the other's. False where it is not known."""
        a, b = self.groups[one].node, self.groups[other].node
        if self.graph is None or a is None or b is None:
            return False
        return bool(self.reaches[max(a, b)] >> min(a, b) & 1)


def layout(what: str, shapes: Mapping[str, Shape], *, ordered: bool = True) -> Layout:
    """Of names and shapes alone, such as a checkpoint's. Raises `WeightsError` for a key of absurd depth."""
    return Layout(what, dict(shapes), tuple(_groups(shapes)), ordered)


def graph_layout(graph: Graph) -> Layout:
    """Of a model, in order of execution."""
    shapes: dict[str, Shape] = {}
    owners: dict[str, int] = {}
    for key, weight, node in graph.weights():
        name = key.removesuffix(".")
        shapes[name] = weight.shape
        owners.setdefault(prefix_of(name), node.id)
    groups = []
    for group in _groups(shapes):
        id_ = owners[group.prefix]
        role, lane = _lane(graph, id_)
        groups.append(Group(group.prefix, group.tensors, role, lane, id_))
    return Layout(f"the model {graph.name}", shapes, tuple(groups), True, graph)


def _lane(graph: Graph, id_: int) -> tuple[str, tuple[str, str] | None]:
    lanes = [scope for scope in graph.node(id_).scope.ancestors() if scope.kind in _LANES]
    if not lanes:
        return MAIN, None
    role = next((_LANES[scope.kind] for scope in lanes if scope.kind is not ScopeKind.MAIN), MAIN)
    return role, (str(id(lanes[0].parent)), _LANES[lanes[0].kind])


def prefix_of(key: str) -> str:
    """The module that a tensor belongs to; a tensor with a name of its own (`gamma`) is its own."""
    prefix, _, leaf = key.rpartition(".")
    return prefix if leaf in _OWN else key


def _groups(shapes: Mapping[str, Shape]) -> Iterable[Group]:
    members: dict[str, dict[str, Shape]] = {}
    for key, shape in shapes.items():
        if key.count(".") >= MAX_DEPTH:
            raise WeightsError(f"the key {key[:60]}... has more than {MAX_DEPTH} parts")
        prefix = prefix_of(key)
        leaf = key[len(prefix) :].removeprefix(".")
        tensors = members.setdefault(prefix, {})
        if leaf != COUNTER:
            tensors[leaf] = shape
    members = {prefix: tensors for prefix, tensors in members.items() if tensors}
    said = {prefix: _said(prefix) for prefix in members}
    units = {unit for unit, role in said.values() if role != MAIN}
    for prefix, tensors in members.items():
        unit, role = said[prefix]
        if role == MAIN:
            unit = next((above for above in _above(prefix) if above in units), "")
        lane = (unit, role) if unit in units else None
        yield Group(prefix, tuple(sorted(tensors.items())), role, lane)


def _said(prefix: str) -> tuple[str, str]:
    """What a module's name says that it does, and in which unit; only words that are used for nothing else count."""
    components = prefix.split(".")
    for place, component in enumerate(components):
        word = re.sub(r"_?\d+$", "", component).lower()
        if word in _ROLE_OF:
            return ".".join(components[:place]), _ROLE_OF[word]
    return "", MAIN


def _above(prefix: str) -> Iterable[str]:
    """The prefixes of a prefix, longest first."""
    while prefix:
        prefix = prefix.rpartition(".")[0]
        yield prefix


def size(shape: Shape) -> str:
    return "x".join(map(str, shape)) or "scalar"
