"""The paths of a net: how many there are and how long, exactly.

Veit, Wilber and Belongie, "Residual Networks Behave Like Ensembles of Relatively Shallow Networks" (arXiv:1605.06431):
a residual net of n units is a collection of 2^n paths, each unit either passed through or gone around. Here the same is
counted on any graph of residual, gated and dense units and of merges. A unit counts as one, whatever its branch is
made of; a gate weighs its unit's two ways and is none itself; the branches of other merges are ways of their own.
Of residuals within each other the innermost are the units, unless an outer one has a survival of its own.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from math import lcm

from resdsl.analysis.metrics import trunk
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.ops.base import Role
from resdsl.records import Record

_WIDEST = 14_000
"""Bits of a number of paths: it has to be written as a number, too."""

EFFECTIVE = (5, 17)
"""Units on the paths that carry most of the gradient of the paper's trained net of 54 units (section 4.3)."""


class Lengths(Record):
    """A distribution over whole lengths: exact weights by length, from 0."""

    weights: tuple[int | Fraction, ...]

    @property
    def total(self) -> int | Fraction:
        return sum(self.weights, 0)

    @property
    def mean(self) -> Fraction:
        return Fraction(sum(i * w for i, w in enumerate(self.weights))) / self.total

    @property
    def variance(self) -> Fraction:
        square = Fraction(sum(i * i * w for i, w in enumerate(self.weights))) / self.total
        return square - self.mean**2

    def share(self, first: int, last: int) -> Fraction:
        """The part of the whole whose length is `first` to `last`, both included."""
        return Fraction(sum(self.weights[max(first, 0) : last + 1], 0)) / self.total

    def shares(self) -> tuple[Fraction, ...]:
        return tuple(Fraction(w) / self.total for w in self.weights)

    def central(self, part: Fraction = Fraction(95, 100)) -> tuple[int, int]:
        """The lengths between which at least `part` lies, at most half of the rest at and beyond either end.

        For the 2^54 paths of 54 units these are 19 and 35, as the paper says.
        """
        tail = (1 - part) / 2 * self.total
        return _tail(self.weights, tail), len(self.weights) - 1 - _tail(self.weights[::-1], tail)


def _tail(weights: tuple[int | Fraction, ...], most: Fraction) -> int:
    """The largest length up to which there is at most `most`; the first that has any, if there is none."""
    below: int | Fraction = 0
    found = next((i for i, weight in enumerate(weights) if weight), 0)
    for length, weight in enumerate(weights):
        below += weight
        if below > most:
            break
        found = max(found, length)
    return found


class Paths(Record):
    """The paths from a graph's inputs to its outputs."""

    units: int
    """Residual, gated and dense units: what a length counts (or layers on the longest path, if those are counted)."""
    lengths: Lengths
    """How many paths there are of each length."""
    expected: Lengths | None
    """How many of each length there are on average in a training step; `None` where every unit survives."""
    depths: Lengths | None
    """The probability that so many units are executed in a training step; `None` where every unit survives."""


def path_lengths(graph: Graph, *, by_layer: bool = False) -> Paths:
    """Counts the paths by the units they pass through, or by their convolutions and linear layers.

    With `by_layer` every way through a branch counts on its own, and a length is a depth as papers give it; survival
    is then not looked at. Auxiliary heads are left out. Memory grows with the square of the number of units: about
    5 MB for a net of 6,000. Raises `ValueError` for a net of more than about 12,000.
    """
    counter = _Layers(graph) if by_layer else _Units(graph)
    counts = counter.weights()
    units = len(counts) - 1 if by_layer else len(counter.units)
    chances = {} if by_layer else counter.chances
    if not chances:
        return Paths(units, Lengths(counts), None, None)
    scale = lcm(*(chance.denominator for chance in chances.values()))
    weighed = counter.weights(scale)
    expected = tuple(Fraction(weight, scale**length) for length, weight in enumerate(weighed))
    survivals = [chances.get(id(unit), Fraction(1)) for unit in counter.units]
    return Paths(units, Lengths(counts), Lengths(expected), Lengths(_executed(survivals)))


def _executed(chances: list[Fraction]) -> tuple[Fraction, ...]:
    """The distribution of a sum of independent draws (Poisson binomial), exactly."""
    scale = 1
    for chance in chances:
        scale *= chance.denominator
    width = scale.bit_length()
    packed = 1
    for chance in chances:
        packed = (chance.denominator - chance.numerator) * packed + ((chance.numerator * packed) << width)
    return tuple(Fraction(weight, scale) for weight in _unpacked(packed, width))


def _unpacked(packed: int, width: int) -> Iterator[int]:
    """The coefficients of a polynomial that was evaluated at 2^width."""
    mask = (1 << width) - 1
    text = packed.to_bytes(-(-packed.bit_length() // 8) or 1, "little")
    for start in range(0, max(packed.bit_length(), 1), width):
        first, last = start // 8, -(-(start + width) // 8)
        yield int.from_bytes(text[first:last], "little") >> (start % 8) & mask


class _Counter(ABC):
    """Adds up polynomials along the graph: the coefficient of x^l is the weight of the paths of length l.

    A polynomial is one integer, its value at x = 2^width with a width that no coefficient outgrows (Kronecker's
    substitution): adding two and multiplying by x are then an addition and a shift.
    """

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.units: list[Scope] = []
        self.chances: dict[int, Fraction] = {}

    @abstractmethod
    def sources(self, node: Node) -> tuple[int, ...]:
        """The nodes that paths to this one come from, once for each."""

    @abstractmethod
    def passed(self, node: Node) -> Scope | bool:
        """What a path that goes through the node has passed with it: a unit, a layer (true), or nothing."""

    def weights(self, scale: int | None = None) -> tuple[int, ...]:
        """How many paths there are by length; with a scale each weighs the product of its units' chance times that."""
        width = self._sum(scale, 0).bit_length() + 1
        if width > _WIDEST:
            raise ValueError(f"the paths of {self.graph.name} are too many to be counted: about 2^{width - 2}")
        return tuple(_unpacked(self._sum(scale, width), width))

    def _sum(self, scale: int | None, width: int) -> int:
        """Of all outputs. With a width of 0 the sum of all coefficients, an upper bound for each."""
        values: list[int] = []
        last = self._last_uses()
        outputs = [output.node for output in self.graph.outputs]
        for node in self.graph.nodes():
            sources = self.sources(node)
            value = sum(values[source] for source in sources) if node.operands else 1
            if passed := self.passed(node):
                chance = 1 if scale is None else self.chances.get(id(passed), Fraction(1)) * scale
                value = (value * int(chance)) << width
            values.append(value)
            for source in last[node.id]:
                values[source] = 0
        return sum(values[output] for output in outputs)

    def _last_uses(self) -> list[list[int]]:
        """For each node, the ones that nothing needs after it: their numbers are large."""
        used = {output.node: len(self.graph) for output in self.graph.outputs}
        for node in self.graph.nodes():
            for source in self.sources(node):
                if used.get(source, 0) < len(self.graph):
                    used[source] = node.id
        found: list[list[int]] = [[] for _ in range(len(self.graph))]
        for source, user in used.items():
            if user < len(self.graph):
                found[user].append(source)
        return found


class _Layers(_Counter):
    def sources(self, node: Node) -> tuple[int, ...]:
        return trunk(node)

    def passed(self, node: Node) -> Scope | bool:
        return node.op.role in (Role.CONV, Role.LINEAR)


class _Units(_Counter):
    """A unit's branch is one way from each value that it reads, however many there are inside."""

    def __init__(self, graph: Graph) -> None:
        super().__init__(graph)
        self._ends: dict[int, tuple[Scope, tuple[int, ...]]] = {}
        for unit, main in _units(graph.root):
            self.units.append(unit)
            if unit.survival is not None:
                self.chances[id(unit)] = unit.survival.chance
            self._ends[main.outputs[0]] = (unit, self._read(set(main.nodes()), main.outputs[0]))

    def _read(self, inside: set[int], end: int) -> tuple[int, ...]:
        """The values from outside that a branch's result follows from."""
        found: dict[int, None] = {}
        seen = {end}
        stack = [end]
        while stack:
            for source in trunk(self.graph.node(stack.pop())):
                if source not in inside:
                    found[source] = None
                elif source not in seen:
                    seen.add(source)
                    stack.append(source)
        return tuple(found)

    def sources(self, node: Node) -> tuple[int, ...]:
        end = self._ends.get(node.id)
        return end[1] if end else trunk(node)

    def passed(self, node: Node) -> Scope | bool:
        end = self._ends.get(node.id)
        return end[0] if end else False


def _units(scope: Scope) -> Iterator[tuple[Scope, Scope]]:
    """The units below a scope, auxiliary heads apart, each with its branch."""
    for item in scope.items:
        if isinstance(item, int) or item.kind is ScopeKind.AUX:
            continue
        main = _branch(item)
        if main and (item.survival is not None or not any(_branch(inner) for inner in _below(item))):
            yield item, main
        else:
            yield from _units(item)


def _branch(scope: Scope) -> Scope | None:
    """The branch of a residual or dense construct that has another way around it."""
    if scope.kind not in (ScopeKind.RESIDUAL, ScopeKind.DENSE) or len(scope.items) == 1:
        return None
    first = scope.items[0]
    return first if isinstance(first, Scope) and any(first.nodes()) else None


def _below(scope: Scope) -> Iterator[Scope]:
    walk = scope.walk()
    next(walk)
    return walk
