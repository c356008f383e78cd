"""Receptive fields: which part of the input one position of a value can see, over all paths.

The recurrences are those of Dumoulin and Visin, "A guide to convolution arithmetic for deep learning"
(arXiv:1603.07285), and of Araujo, Norris and Sim, "Computing Receptive Fields of Convolutional Neural Networks"
(Distill, 2019, doi:10.23915/distill.00021), with ranges where paths of a residual net or a merge differ.
"""

from __future__ import annotations

from fractions import Fraction

from resdsl.graph.model import Graph, Node
from resdsl.ops.base import Window
from resdsl.records import Record
from resdsl.shapes import Shape

Number = int | Fraction


class Field(Record):
    """What position 0 of a value sees along one axis of the input, in pixels; position `i` sees it `i * stride` later.

    Padding counts: a field reaches beyond the input at its edges. Normalisations that look at a whole map
    (`gn`, `ln`, `instance_norm`) count as pointwise, as batch normalisation is in eval. After an upsampling the
    figures are those of the first phase.
    """

    low: Number
    """The first pixel that any path leads to; often negative."""
    high: Number
    """The last one, inclusive."""
    smallest: Number
    """Pixels along the path that sees fewest."""
    stride: Number
    """Pixels between neighbouring positions; 0 for a value without positions (after a global pooling, a flatten)."""
    sums: tuple[Number, Number]
    """Twice the centre, the smallest and the largest over all paths: `low + high` of each."""

    @property
    def largest(self) -> Number:
        """Pixels that all paths together see."""
        return self.high - self.low + 1

    @property
    def centres(self) -> tuple[Fraction, Fraction]:
        """The offset: the pixel that position 0 is centred on, the smallest and the largest over all paths."""
        return Fraction(self.sums[0]) / 2, Fraction(self.sums[1]) / 2

    def through(self, window: Window) -> Field:
        """The field after a sliding window."""
        start = -window.before * self.stride
        reach = (window.kernel - 1) * window.dilation * self.stride
        shift = 2 * start + reach
        return Field(
            low=self.low + start,
            high=self.high + start + reach,
            smallest=self.smallest + reach,
            stride=_plain(self.stride * window.stride),
            sums=(self.sums[0] + shift, self.sums[1] + shift),
        )

    def whole(self, positions: int) -> Field:
        """What all `positions` together see: of a value that has lost its axis."""
        reach = (positions - 1) * self.stride
        return Field(
            low=self.low,
            high=self.high + reach,
            smallest=self.smallest + reach,
            stride=0,
            sums=(self.sums[0] + reach, self.sums[1] + reach),
        )

    def merged(self, other: Field) -> Field:
        """Both, at a merge. Where the strides differ (a gate without positions) the larger one counts."""
        return Field(
            low=min(self.low, other.low),
            high=max(self.high, other.high),
            smallest=min(self.smallest, other.smallest),
            stride=max(self.stride, other.stride),
            sums=(min(self.sums[0], other.sums[0]), max(self.sums[1], other.sums[1])),
        )


Fields = tuple[Field, ...]
"""One for each axis of the model's input; none where the input is a vector."""

_POINT = Field(low=0, high=0, smallest=1, stride=1, sums=(0, 0))


def receptive_fields(graph: Graph) -> list[Fields]:
    """The fields of every node's value, by its id."""
    found: list[Fields] = []
    windows = _Windows(graph)
    for node in graph.nodes():
        if not node.operands:
            found.append((_POINT,) * node.shape.dims)
            continue
        arriving = [_arriving(found[operand], graph.node(operand).shape, node) for operand in node.operands]
        fields = _merged(arriving)
        found.append(
            tuple(f if f.stride == 0 else f.through(w) for f, w in zip(fields, windows.of(node), strict=True))
            if len(fields) == node.shape.dims
            else fields
        )
    return found


class _Windows:
    """Windows, computed once for each operator and shapes (operators are shared objects)."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._known: dict[tuple[int, tuple[Shape, ...]], tuple[Window, ...]] = {}

    def of(self, node: Node) -> tuple[Window, ...]:
        shapes = self._graph.shapes(node)
        key = (id(node.op), shapes)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = node.op.windows(shapes)
        return known


def _arriving(fields: Fields, shape: Shape, node: Node) -> Fields:
    """A value's fields as the node takes them: axes that end here, or are spread over a larger map, are seen whole."""
    if shape.dims != len(fields):
        return fields
    if shape.dims != node.shape.dims:
        return tuple(field.whole(n) for field, n in zip(fields, shape.size, strict=True))
    if len(node.operands) == 1:
        return fields
    spread = (a != b for a, b in zip(shape.size, node.shape.size, strict=True))
    return tuple(field.whole(1) if wider else field for field, wider in zip(fields, spread, strict=True))


def _merged(arriving: list[Fields]) -> Fields:
    """Values side by side; one that sees none of the input's axes (a vector that is an input) adds nothing."""
    first, *others = [fields for fields in arriving if fields] or [()]
    for fields in others:
        if len(fields) == len(first):
            first = tuple(a.merged(b) for a, b in zip(first, fields, strict=True))
    return first


def _plain(number: Number) -> Number:
    return number.numerator if isinstance(number, Fraction) and number.denominator == 1 else number
