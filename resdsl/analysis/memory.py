"""Memory of activations: what a training step keeps for its backward pass.

This is not the sum of all outputs: an addition keeps nothing, a normalisation its input, a ReLU its output, a
concatenation is a copy that its readers keep. Values that several steps keep are counted once.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from resdsl.graph.model import Graph, Node, ScopeKind
from resdsl.ops.base import Role, Saved
from resdsl.records import Record
from resdsl.shapes import Shape

ITEM_BYTES = {"float64": 8, "float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of one element, by the name of the type in PyTorch."""


class Kept(Record):
    """What is kept: elements of the values' type and 64-bit indices for each input of a batch, and what is constant."""

    elements: int = 0
    indices: int = 0
    constants: int = 0

    def bytes(self, batch: int = 1, dtype: str = "float32") -> int:
        """Bytes of a training step with `batch` inputs."""
        size = ITEM_BYTES[dtype]
        return (batch * self.elements + self.constants) * size + batch * self.indices * 8

    def __add__(self, other: Kept) -> Kept:
        return Kept(self.elements + other.elements, self.indices + other.indices, self.constants + other.constants)

    @staticmethod
    def total(parts: Iterable[Kept]) -> Kept:
        """Their sum."""
        found = Kept()
        for part in parts:
            found += part
        return found


def activations(graph: Graph) -> list[Kept]:
    """What each step keeps that none before it keeps, by the id of its node.

    Memory of PyTorch's eager kernels on the CPU, auxiliary heads included, every residual branch executed. On other
    devices masks and indices may be smaller. What needs no gradient (a step on an input before the first weight)
    keeps nothing.
    """
    known: dict[tuple[int, tuple[Shape, ...]], tuple[Saved, bool]] = {}
    memory: list[int] = []
    trained: list[bool] = []
    counted: set[int] = set()
    found: list[Kept] = []
    for node in graph.nodes():
        shapes = graph.shapes(node)
        key = (id(node.op), shapes)
        if key not in known:
            known[key] = node.op.saved(shapes), any(not w.buffer for w in node.op.weights(shapes))
        saved, weighted = known[key]
        memory.append(memory[node.operands[0]] if saved.view and node.operands else node.id)
        trained.append(weighted or any(trained[operand] for operand in node.operands))
        found.append(_kept(graph, node, saved, memory, counted) if trained[node.id] else Kept())
    return found


def _kept(graph: Graph, node: Node, saved: Saved, memory: list[int], counted: set[int]) -> Kept:
    elements = saved.elements
    values = [node.operands[index] for index in saved.operands] + ([node.id] if saved.output else [])
    for place in dict.fromkeys(memory[value] for value in values):
        if place not in counted:
            counted.add(place)
            elements += graph.node(place).shape.numel
    return Kept(elements, saved.indices, saved.constants)


def live_bytes(graph: Graph, batch: int = 1, dtype: str = "float32") -> int:
    """The most bytes of values that are in memory at one time in eval: the input, too."""
    return most_alive(graph, batch, dtype)[0]


def most_alive(graph: Graph, batch: int, dtype: str) -> tuple[int, str]:
    """The most bytes of values in memory at one time in eval, and the module path of the step that runs then.

    A value lives until its last reader; what a module is called with, until the call ends, for its caller holds it.
    Activations that nobody else reads are overwritten; a maximum pool makes its indices even where nobody wants
    them. Scratch memory of the kernels is not counted, nor that a variable in Python may hold a value for a step more.
    """
    item = ITEM_BYTES[dtype]
    last = ends(graph)
    sizes: dict[int, int] = {}
    memory: list[int] = []
    dying: dict[int, list[int]] = {}
    holders: Counter[int] = Counter()
    total = most = 0
    path = ""
    aux = {node for scope in graph.root.walk() if scope.kind is ScopeKind.AUX for node in scope.nodes()}
    for node in graph.nodes():
        if node.id in aux:
            memory.append(node.id)
            continue
        place = memory[node.operands[0]] if _in_place(graph, node) else node.id
        memory.append(place)
        if place not in sizes:
            sizes[place] = node.shape.numel
            total += node.shape.numel
        dying.setdefault(last[node.id], []).append(place)
        holders[place] += 1
        indices = node.op.saved(graph.shapes(node)).indices
        if total * item + indices * 8 > most:
            most, path = total * item + indices * 8, node.path
        for over in dying.pop(node.id, ()):
            holders[over] -= 1
            if not holders[over]:
                total -= sizes.pop(over)
    return batch * most, path


def _in_place(graph: Graph, node: Node) -> bool:
    """Whether a result has its operand's memory: a view, a step that does nothing in eval, or one that overwrites."""
    if not node.operands:
        return False
    if node.op.saved(graph.shapes(node)).view or node.op.role is Role.DROPOUT:
        return True
    return overwrites(graph, node)


def overwrites(graph: Graph, node: Node) -> bool:
    """Whether a step writes its result over its first operand, which nobody else reads and nothing keeps.

    Activations do, and the sum of a residual unit.
    """
    if not node.operands:
        return False
    operand = graph.node(node.operands[0])
    fresh = operand.op.role is not Role.INPUT and not operand.op.keeps_output_for_backward
    sums = node.op.kind == "add" and node.scope.kind is ScopeKind.RESIDUAL and len(node.operands) == 2
    return (node.op.may_be_inplace or sums) and fresh and len(graph.consumers(operand.id)) == 1


def ends(graph: Graph) -> list[int]:
    """For each value, the step after which nothing holds it."""
    end = len(graph)
    ends = [node.id for node in graph.nodes()]
    for node in graph.nodes():
        for operand in node.operands:
            ends[operand] = max(ends[operand], node.id)
    for scope in graph.root.walk():
        if scope.name is not None and (last := max(scope.nodes(), default=-1)) >= 0:
            for value in scope.inputs:
                ends[value] = max(ends[value], last)
    for value in (*graph.inputs, *results(graph)):
        ends[value] = end
    return ends


def results(graph: Graph) -> list[int]:
    """The values that a caller receives in training, auxiliary ones included, in order of execution."""
    return sorted({*(output.node for output in graph.outputs), *(output.node for output in graph.aux)})
