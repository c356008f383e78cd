"""The most memory that a net takes at one moment, in inference and in training, for a batch of any size.

A training step is walked through as PyTorch's eager mode executes it, and every piece of memory is made, held and let
go as there:

* Forward: steps in order. A value is held until its last reader, and by whatever keeps it for the backward pass.
* Backward: steps in reverse. While one runs, the gradient of its output, what was kept for it, the gradients of its
  operands and those of its weights are there together; then the first two are let go.
* Where a value has several readers, their gradients are summed as they come: in place if nothing else holds the
  first, else in new memory. An addition hands on its gradient as it is, a concatenation slices of its own.
* A weight's gradient stays from the step on that makes it. Where there is one already, the new one is added to it and
  let go.

Not counted: scratch memory of the kernels, the loss, what an allocator rounds up. The optimizer's step is that of the
CPU, weight by weight, without weight decay.
"""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from resdsl.analysis.memory import ITEM_BYTES, ends, most_alive, overwrites, results
from resdsl.graph.model import Graph, Node
from resdsl.ops.base import Saved
from resdsl.records import Record


class Optimizer(Record):
    """What an optimizer needs beside weights and gradients, in tensors of a weight's size."""

    state: int
    """What it remembers of each weight."""
    scratch: int
    """What it makes for a moment, for one weight at a time."""
    counters: int
    """Scalars of 4 bytes that it remembers of each weight."""


OPTIMIZERS = {"sgd": Optimizer(0, 0, 0), "momentum": Optimizer(1, 0, 0), "adam": Optimizer(2, 2, 1)}
"""PyTorch's `SGD`, the same with momentum, and `Adam` or `AdamW`."""


class Peak(Record):
    """What is in memory at the moment when it is most, in bytes."""

    weights: int
    """Parameters and buffers."""
    gradients: int
    """Gradients of parameters."""
    optimizer: int
    """What the optimizer remembers."""
    activations: int
    """Values, the input among them, and what is kept of them for the backward pass."""
    passing: int
    """Gradients of values, and what an optimizer makes for a moment."""
    moment: str
    """`forward`, `backward` or `optimizer`."""
    path: str
    """The step that runs then, by its module path; empty where it has none."""

    @property
    def total(self) -> int:
        """Bytes altogether."""
        return self.weights + self.gradients + self.optimizer + self.activations + self.passing


class Memory(Record):
    """The peaks of a net for one batch size, type and optimizer."""

    batch: int
    dtype: str
    optimizer: str
    inference: Peak
    first: Peak
    """The first training step: no gradients yet, and no state before the optimizer's turn."""
    training: Peak
    """Every later one, gradients set to `None` before it, as `zero_grad()` does."""
    accumulating: Peak
    """One that finds gradients, to add to them or zeroed in place."""


class Largest(Record):
    """The largest batches that fit in so many bytes; 0 where one input does not."""

    bytes: int
    inference: int
    training: int


class Footprint:
    """What is to be known of a graph, once for all batch sizes."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.ends = ends(graph)
        self.saved: list[Saved] = []
        self.reuses: list[bool] = []
        """Whether a node's value is in the memory of its first operand."""
        self.copies: list[bool] = []
        """Whether it overwrites an operand that it needs for its backward, and so keeps a copy."""
        self.trained: list[bool] = []
        """Whether a node's value needs a gradient."""
        self.parameters: list[tuple[tuple[str, int], ...]] = []
        """Key and elements of each parameter that a node uses."""
        self.first_use: dict[str, int] = {}
        """The node whose backward is the last to add to a parameter's gradient."""
        for node in graph.nodes():
            shapes = graph.shapes(node)
            weights = [weight for weight in node.op.weights(shapes) if not weight.buffer]
            self.saved.append(saved := node.op.saved(shapes))
            over = overwrites(graph, node)
            self.reuses.append(saved.view or over)
            self.copies.append(over and 0 in saved.operands and not node.op.keeps_output_for_backward)
            self.trained.append(bool(weights) or any(self.trained[operand] for operand in node.operands))
            self.parameters.append(tuple((f"{node.path}.{weight.name}", prod(weight.shape)) for weight in weights))
            for key, _ in self.parameters[-1]:
                self.first_use.setdefault(key, node.id)
        tensors = [weight for _, weight, _ in graph.weights()]
        self.sizes = [prod(weight.shape) for weight in tensors if not weight.buffer]
        self.counters = sum(weight.name == "num_batches_tracked" for weight in tensors)
        self.elements = sum(prod(weight.shape) for weight in tensors) - self.counters

    def memory(self, batch: int = 1, dtype: str = "float32", optimizer: str = "sgd") -> Memory:
        """The peaks for `batch` inputs, weights and values of one type. Raises `ValueError` for what there is not."""
        _check(batch, dtype, optimizer)
        item = ITEM_BYTES[dtype]
        weights = self.elements * item + self.counters * 8
        needs = OPTIMIZERS[optimizer]
        state = needs.state * sum(self.sizes) * item + needs.counters * len(self.sizes) * 4
        update = self._update(weights, state, batch, item, needs)
        fresh, grown = (_Step(self, batch, item, grown).run() for grown in (False, True))
        first, training, accumulating = (
            max(_peak(step, weights, before), update, key=lambda peak: peak.total)
            for step, before in ((fresh, 0), (fresh, state), (grown, state))
        )
        alive, path = most_alive(self.graph, batch, dtype)
        inference = Peak(weights, 0, 0, alive, 0, "forward", path)
        return Memory(batch, dtype, optimizer, inference, first, training, accumulating)

    def largest(self, room: int, dtype: str = "float32", optimizer: str = "sgd") -> Largest:
        """The largest batches that fit in `room` bytes, by bisection: what fits lies below all that does not."""
        one = self.memory(1, dtype, optimizer).inference
        inference = max(0, room - one.weights) // max(1, one.activations)
        fits, over = 0, inference + 1
        while over - fits > 1:
            batch = (fits + over) // 2
            if self.memory(batch, dtype, optimizer).training.total <= room:
                fits = batch
            else:
                over = batch
        return Largest(room, inference, fits)

    def _update(self, weights: int, state: int, batch: int, item: int, needs: Optimizer) -> Peak:
        """The optimizer's step; the caller still holds inputs and outputs then."""
        held = {*self.graph.inputs, *results(self.graph)}
        values = batch * item * sum(self.graph.node(node).shape.numel for node in held)
        scratch = needs.scratch * max(self.sizes, default=0) * item
        return Peak(weights, sum(self.sizes) * item, state, values, scratch, "optimizer", "")


def _check(batch: int, dtype: str, optimizer: str) -> None:
    if batch < 1:
        raise ValueError(f"a batch of {batch}: it has at least one input")
    for given, known in ((dtype, ITEM_BYTES), (optimizer, OPTIMIZERS)):
        if given not in known:
            raise ValueError(f"{given!r} is none of {', '.join(known)}")


_ACTIVATION, _PASSING, _GRADIENT = range(3)


class _Most(NamedTuple):
    """Bytes of each kind at the moment of the most, which moment it is, and the step that runs."""

    now: tuple[int, ...]
    moment: str
    node: Node | None


def _peak(most: _Most, weights: int, state: int) -> Peak:
    activations, passing, gradients = most.now
    return Peak(weights, gradients, state, activations, passing, most.moment, most.node.path if most.node else "")


class _Block:
    """A piece of memory, and how many hold it."""

    __slots__ = ("holders", "kind", "size")

    def __init__(self, kind: int, size: int) -> None:
        self.kind = kind
        self.size = size
        self.holders = 1


class _Arrived(NamedTuple):
    """The gradient of a value: its memory, and whether it fills its part of it without gaps."""

    block: _Block
    whole: bool = True


class _Step:
    """A training step up to the optimizer's turn; `grown` says that the weights have gradients already."""

    def __init__(self, net: Footprint, batch: int, item: int, grown: bool) -> None:
        self.net = net
        self.graph = net.graph
        self.batch = batch
        self.item = item
        self.grown = grown
        self.now = [0, 0, sum(net.sizes) * item if grown else 0]
        self.moment = "forward"
        self.node: Node | None = None
        self.most = 0
        self.found = _Most(tuple(self.now), self.moment, self.node)
        self.kept: list[list[_Block]] = []
        self.arrived: dict[int, _Arrived] = {}
        self.sums: dict[str, _Block] = {}
        """Gradients of weights that this step has made so far."""

    def run(self) -> _Most:
        self._forward()
        self._backward()
        return self.found

    def _make(self, kind: int, size: int) -> _Block:
        self.now[kind] += size
        total = sum(self.now)
        if total > self.most:
            self.most, self.found = total, _Most(tuple(self.now), self.moment, self.node)
        return _Block(kind, size)

    def _drop(self, block: _Block) -> None:
        block.holders -= 1
        if not block.holders:
            self.now[block.kind] -= block.size

    def _bytes(self, node: Node) -> int:
        return self.batch * self.item * node.shape.numel

    def _forward(self) -> None:
        blocks: list[_Block] = []
        dying: dict[int, list[_Block]] = {}
        for node in self.graph.nodes():
            self.node = node
            saved = self.net.saved[node.id]
            if self.net.reuses[node.id]:
                blocks.append(_held(blocks[node.operands[0]]))
            else:
                blocks.append(self._make(_ACTIVATION, self._bytes(node)))
            more = (self.batch * saved.elements + saved.constants) * self.item + self.batch * saved.indices * 8
            extra = self._make(_ACTIVATION, more)
            self.kept.append([])
            if not self.net.trained[node.id]:
                self._drop(extra)
            elif self.net.copies[node.id]:
                self.kept[-1] = [extra, self._make(_ACTIVATION, self._bytes(node))]
            else:
                values = [*(node.operands[index] for index in saved.operands), *([node.id] if saved.output else [])]
                self.kept[-1] = [extra, *(_held(blocks[value]) for value in values)]
            dying.setdefault(self.net.ends[node.id], []).append(blocks[-1])
            for block in dying.pop(node.id, ()):
                self._drop(block)

    def _backward(self) -> None:
        self.moment, self.node = "backward", None
        for value in results(self.graph):
            if self.net.trained[value]:
                self.arrived[value] = _Arrived(self._make(_PASSING, self._bytes(self.graph.node(value))))
        for node in reversed(list(self.graph.nodes())):
            if gradient := self.arrived.pop(node.id, None):
                self.node = node
                self._backward_of(node, gradient)

    def _backward_of(self, node: Node, gradient: _Arrived) -> None:
        operands = [self.graph.node(operand) for operand in node.operands if self.net.trained[operand]]
        if self.net.saved[node.id].passed:
            made = [self._passed(node, gradient, operand) for operand in operands]
        else:
            made = [_Arrived(self._make(_PASSING, self._bytes(operand))) for operand in operands]
        grown = [(key, self._make(_GRADIENT, size * self.item)) for key, size in self.net.parameters[node.id]]
        for block in (gradient.block, *self.kept[node.id]):
            self._drop(block)
        for operand, one in zip(operands, made, strict=True):
            self._arrive(operand, one)
        for key, block in grown:
            self._grow(node, key, block)

    def _passed(self, node: Node, gradient: _Arrived, operand: Node) -> _Arrived:
        """The gradient itself, or the operand's channels of it: with gaps if there are several inputs."""
        is_part = operand.shape.numel < node.shape.numel
        return _Arrived(_held(gradient.block), gradient.whole and not (is_part and self.batch > 1))

    def _arrive(self, node: Node, new: _Arrived) -> None:
        """A gradient at a value: added to the one that is there, if there is."""
        old = self.arrived.get(node.id)
        if old is None:
            self.arrived[node.id] = new
            return
        if not old.whole or old.block.holders > 1:
            self.arrived[node.id] = _Arrived(self._make(_PASSING, self._bytes(node)))
            self._drop(old.block)
        self._drop(new.block)

    def _grow(self, node: Node, key: str, block: _Block) -> None:
        """A weight's gradient from one of its uses: those are summed, and at the last added to what there was."""
        if key in self.sums:
            self._drop(block)
        else:
            self.sums[key] = block
        if self.grown and self.net.first_use[key] == node.id:
            self._drop(self.sums.pop(key))


def _held(block: _Block) -> _Block:
    """The block, by one more."""
    block.holders += 1
    return block
