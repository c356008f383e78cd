"""Memory of activations: what a training step keeps for its backward pass.

This is not the sum of all outputs: an addition keeps nothing, a normalisation its input, a ReLU its output, a
concatenation is a copy that its readers keep. Values that several steps keep are counted once.
"""

from __future__ import annotations

from collections.abc import Iterable

from resdsl.graph.model import Graph, Node
from resdsl.ops.base import Saved
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
