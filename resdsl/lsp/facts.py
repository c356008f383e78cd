"""What a built model says of the steps of its texts: shapes, parameters, multiply-adds, receptive fields.

Facts are plain and small, and know their places by pieces of the text: they outlive the graph, and stay right while
the text around them is edited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import prod

from resdsl.analysis.receptive import Field, Fields, Number, receptive_fields
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.lsp.chunks import ChunkKey, Chunks
from resdsl.records import Record
from resdsl.shapes import Shape
from resdsl.source import Source, Span

Key = tuple[str, ChunkKey, int, int]
"""A step's place: the name of its source, the piece it stands in, and where in it, from its beginning."""

_SILENT = frozenset(
    {
        ScopeKind.MODEL,
        ScopeKind.PATH,
        ScopeKind.ITERATION,
        ScopeKind.MAIN,
        ScopeKind.SHORTCUT,
        ScopeKind.GATE,
        ScopeKind.CARRY,
        ScopeKind.BRANCH,
        ScopeKind.BRACES,
    }
)
"""Scopes that are parts of a step, and no steps of their own."""


class Variation(Record):
    """Executions of a step that agree in all figures."""

    inputs: tuple[Shape, ...]
    outputs: tuple[Shape, ...]
    params: int
    macs: int


@dataclass(slots=True)
class Step:
    """A step of the text and its executions in one model."""

    title: str
    """What it is: an operator's or block's name, or the construct's."""
    first: str
    """The path of the first execution."""
    last: str
    variations: dict[Variation, int] = field(default_factory=dict)
    """In order of execution, each with its number of executions."""
    fields: dict[Variation, tuple[Fields, Fields]] = field(default_factory=dict)
    """The receptive fields of the first and of the last execution."""

    @property
    def count(self) -> int:
        return sum(self.variations.values())

    @property
    def outputs(self) -> tuple[str, ...]:
        """The shapes that it gives, each once, in order of execution."""
        return tuple(dict.fromkeys(", ".join(map(str, v.outputs)) for v in self.variations))


@dataclass(slots=True)
class ModelFacts:
    """The steps of one model, and the pieces of text that they stand in, as they were."""

    model: str
    steps: dict[Key, Step] = field(default_factory=dict)
    texts: dict[tuple[str, ChunkKey], str] = field(default_factory=dict)


def model_facts(graph: Graph, chunks: dict[str, Chunks]) -> ModelFacts:
    """The facts of a graph. `chunks` are the pieces of each source by name; those of new sources are added."""
    facts = ModelFacts(graph.name)
    gather = _Gather(facts, chunks)
    costs = _costs(graph)
    fields = receptive_fields(graph)
    totals = _totals(graph, costs)
    for scope in graph.root.walk():
        if scope.kind not in _SILENT:
            shapes = tuple([graph.node(id_).shape for id_ in scope.inputs])
            outputs = tuple([graph.node(id_).shape for id_ in scope.outputs])
            variation = Variation(shapes, outputs, *totals[id(scope)])
            seen = fields[scope.outputs[0]] if len(scope.outputs) == 1 else ()
            gather.add(scope.span, scope.title or scope.kind.value, scope.path, variation, seen)
    for node in graph.nodes():
        if node.name is not None or not node.operands or not gather.has(node.span):
            variation = Variation(graph.shapes(node), (node.shape,), *costs[node.id])
            gather.add(node.span, node.op.kind, node.path, variation, fields[node.id])
    return facts


class _Gather:
    """Enters executions under the places of their steps."""

    def __init__(self, facts: ModelFacts, chunks: dict[str, Chunks]) -> None:
        self._facts = facts
        self._chunks = chunks
        self._keys: dict[tuple[str, int, int], Key] = {}

    def _key(self, span: Span) -> Key:
        place = span.source.name, span.start, span.end
        key = self._keys.get(place)
        if key is None:
            chunk = chunks_of(span.source, self._chunks).at(span.start)
            key = span.source.name, chunk.key, span.start - chunk.start, span.end - chunk.start
            self._keys[place] = key
            self._facts.texts.setdefault((span.source.name, chunk.key), chunk.text)
        return key

    def has(self, span: Span) -> bool:
        return self._key(span) in self._facts.steps

    def add(self, span: Span, title: str, path: str, variation: Variation, seen: Fields) -> None:
        steps = self._facts.steps
        key = self._key(span)
        step = steps.get(key)
        if step is None:
            step = steps[key] = Step(title, path, path)
        step.last = path
        step.variations[variation] = step.variations.get(variation, 0) + 1
        first, _ = step.fields.get(variation, (seen, seen))
        step.fields[variation] = first, seen


def chunks_of(source: Source, known: dict[str, Chunks]) -> Chunks:
    """The pieces of a source, worked out once."""
    chunks = known.get(source.name)
    if chunks is None:
        chunks = known[source.name] = Chunks(source.text)
    return chunks


def _costs(graph: Graph) -> list[tuple[int, int]]:
    """Parameters and multiply-adds of each node, computed once for each operator and shapes."""
    known: dict[tuple[int, tuple[Shape, ...]], tuple[int, int]] = {}
    found = []
    for node in graph.nodes():
        shapes = graph.shapes(node)
        key = id(node.op), shapes
        cost = known.get(key)
        if cost is None:
            params = sum(prod(w.shape) for w in node.op.weights(shapes) if not w.buffer)
            cost = known[key] = params, node.op.macs(shapes)
        found.append(cost)
    return found


def _totals(graph: Graph, costs: list[tuple[int, int]]) -> dict[int, tuple[int, int]]:
    """Parameters and multiply-adds of each scope by its id; a later use of shared weights has no parameters."""
    totals: dict[int, tuple[int, int]] = {}
    for scope in reversed(list(graph.root.walk())):
        parts = [
            _part(graph.node(item), costs) if isinstance(item, int) else _below(item, totals) for item in scope.items
        ]
        totals[id(scope)] = sum(p for p, _ in parts), sum(m for _, m in parts)
    return totals


def _part(node: Node, costs: list[tuple[int, int]]) -> tuple[int, int]:
    params, macs = costs[node.id]
    return (0 if node.alias_of is not None else params), macs


def _below(scope: Scope, totals: dict[int, tuple[int, int]]) -> tuple[int, int]:
    params, macs = totals[id(scope)]
    return (0 if scope.alias_of is not None else params), macs


def release(graph: Graph) -> None:
    """Takes a graph apart, so that its memory is free at once: looking for it would hold up the editor."""
    for scope in list(graph.root.walk()):
        scope.items.clear()
        scope.parent = scope.home = scope.alias_of = None


# --- receptive fields as text --------------------------------------------------------------------


def field_text(first: Fields, last: Fields) -> str:
    """`receptive field 7x7, stride 2, centred on 0`; ranges where executions or paths differ. Empty without axes."""
    if not first or len(first) != len(last):
        return ""
    pairs = list(zip(first, last, strict=True))
    sizes = _axes(_range(min(a.smallest, b.smallest), max(a.largest, b.largest)) for a, b in pairs)
    strides = _axes(_range(min(a.stride, b.stride), max(a.stride, b.stride)) for a, b in pairs)
    centres = _axes(_centre(a, b) for a, b in pairs)
    steps = "" if strides == "0" else f", stride {strides}"
    return f"receptive field {sizes}{steps}, offset {centres}"


def _centre(a: Field, b: Field) -> str:
    lows, highs = zip(a.centres, b.centres, strict=True)
    return _range(min(lows), max(highs))


def _range(low: Number, high: Number) -> str:
    return _number(low) if low == high else f"{_number(low)} to {_number(high)}"


def _number(value: Number) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):g}"


def _axes(texts: Iterator[str]) -> str:
    """One text where all axes agree."""
    found = list(texts)
    return found[0] if len(set(found)) == 1 else " x ".join(found)
