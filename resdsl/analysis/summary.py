"""The table of a net: its figures, and a row for each stage."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import prod

from resdsl.analysis.metrics import metrics
from resdsl.analysis.sections import Section, sections, shortcut_kind
from resdsl.graph.model import Graph, Node, ScopeKind
from resdsl.shapes import Shape

HEADS = ("stage", "block", "n", "shortcuts", "output", "stride", "params", "%", "GMACs")
"""Of the table's columns; the last three hold numbers."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A row: a stage, a region, an auxiliary head, or a run between them."""

    path: str
    block: str
    count: int
    """How many blocks it is built of."""
    shortcuts: tuple[tuple[str, int], ...]
    """Kinds of shortcut and how often, in order of first use."""
    output: str
    stride: str
    """Total stride of its output from the input; `""` after the last map."""
    params: int
    macs: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Figures of a net for one input. Sizes are `channels x height x width`, without the batch."""

    model: str
    input: str
    output: str
    params: int
    """Elements of the parameters, shared ones once."""
    buffers: int
    """Number of buffers (tensors)."""
    state_dict_keys: int
    """Number of tensors in the `state_dict`."""
    macs: int
    """Multiply-adds of convolutions and linear layers, padding taps counted, auxiliary heads not."""
    depth: int
    """The most convolutions and linear layers on a path from input to output."""
    units: int
    """Innermost residual units."""
    expected_depth: float
    """Expected number of units that are executed in a training step: the sum of their survival chances."""
    stages: tuple[Stage, ...]

    def to_json(self) -> str:
        """Stable JSON with every field."""
        data = asdict(self)
        for row, stage in zip(data["stages"], self.stages, strict=True):
            row["shortcuts"] = dict(stage.shortcuts)
        return json.dumps(data, indent=2) + "\n"

    def to_table(self) -> str:
        """A text table, a row for each stage, the figures below it."""
        rows = self.rows()
        widths = [max(len(row[i]) for row in (HEADS, *rows)) for i in range(len(HEADS))]
        rule = "  ".join("-" * width for width in widths)
        lines = [self.heading, "", _line(HEADS, widths), rule, *(_line(row, widths) for row in rows), rule]
        return "\n".join([*lines, *self.totals()]) + "\n"

    @property
    def heading(self) -> str:
        return f"{self.model}: {self.input} -> {self.output}"

    def rows(self) -> list[tuple[str, ...]]:
        """The cells under `HEADS`, of each stage."""
        return [self._row(stage) for stage in self.stages]

    def totals(self) -> tuple[str, ...]:
        """The figures of the whole net, in two lines."""
        expected = "" if self.expected_depth == self.units else f" ({self.expected_depth:g} expected in training)"
        return (
            f"{self.params:,} parameters, {self.buffers} buffers, {self.state_dict_keys} keys",
            f"{gmacs(self.macs)} GMACs (1 MAC = 2 FLOPs), depth {self.depth}, {self.units} residual units{expected}",
        )

    def _row(self, stage: Stage) -> tuple[str, ...]:
        share = f"{100 * stage.params / self.params:.1f}" if self.params else ""
        return (
            stage.path,
            stage.block,
            f"x{stage.count}" if stage.count > 1 else "",
            ", ".join(f"{kind} x{count}" if count > 1 else kind for kind, count in stage.shortcuts),
            stage.output,
            stage.stride,
            f"{stage.params:,}",
            share,
            gmacs(stage.macs),
        )

    def __str__(self) -> str:
        return self.to_table()


def gmacs(macs: int) -> str:
    """Billions of multiply-adds, to three decimals (more where that would be zero)."""
    return f"{macs / 1e9:.3f}" if macs >= 500_000 or macs == 0 else f"{macs / 1e9:.9f}".rstrip("0")


def summarize(graph: Graph) -> Summary:
    """The figures of a graph and a row for each of its sections."""
    total = metrics(graph)
    params: Counter[int] = Counter()
    for _, weight, node in graph.weights():
        if not weight.buffer:
            params[node.id] += prod(weight.shape)
    return Summary(
        model=graph.name,
        input=_shapes(graph.node(node).shape for node in graph.inputs),
        output=_shapes(graph.node(output.node).shape for output in graph.outputs),
        params=total.params,
        buffers=total.buffers,
        state_dict_keys=total.keys,
        macs=total.macs,
        depth=total.depth,
        units=total.units,
        expected_depth=float(sum((u.survival.chance if u.survival else Fraction(1) for u in graph.units), Fraction())),
        stages=tuple(_stage(graph, section, params) for section in sections(graph)),
    )


def _stage(graph: Graph, section: Section, params: Counter[int]) -> Stage:
    nodes = [graph.node(node) for node in section.nodes]
    parts = section.parts()
    last = nodes[-1]
    auxiliary = section.scope is not None and section.scope.kind is ScopeKind.AUX
    shortcuts = Counter(kind for scope in section.scopes if (kind := shortcut_kind(graph, scope)))
    if parts:
        titles = dict.fromkeys(part.title or part.kind.value for part in parts)
        block = ", ".join(titles)
    else:
        block = _kinds(nodes)
    return Stage(
        path=_path(section, nodes),
        block=f"aux: {block}" if auxiliary else block,
        count=len(parts) or 1,
        shortcuts=tuple(shortcuts.items()),
        output=str(last.shape),
        stride=_stride(last),
        params=sum(params[node.id] for node in nodes),
        macs=0 if auxiliary else sum(node.op.macs(graph.shapes(node)) for node in nodes),
    )


def _path(section: Section, nodes: list[Node]) -> str:
    if section.scope is not None:
        return section.scope.title or section.scope.path
    named = [node.path for node in nodes if node.name]
    if not named:
        return ""
    return named[0] if len(named) == 1 else f"{named[0]}..{named[-1]}"


def _kinds(nodes: Iterable[Node]) -> str:
    """Operators of a run, equal neighbours and a long middle left out."""
    kinds: list[str] = []
    for node in nodes:
        if not kinds or kinds[-1] != node.op.kind:
            kinds.append(node.op.kind)
    return " ".join(kinds if len(kinds) <= 6 else [*kinds[:3], "..", kinds[-1]])


def _stride(node: Node) -> str:
    if not node.shape.size or max(node.shape.size) == 1:
        return ""
    return str(node.stride[0]) if len(set(node.stride)) == 1 else "x".join(str(axis) for axis in node.stride)


def _line(row: Iterable[str], widths: Iterable[int]) -> str:
    """A row of the table: words to the left, the last three columns (numbers) to the right."""
    cells = list(zip(row, widths, strict=True))
    words = [f"{cell:<{width}}" for cell, width in cells[:-3]]
    numbers = [f"{cell:>{width}}" for cell, width in cells[-3:]]
    return "  ".join(words + numbers)


def _shapes(shapes: Iterable[Shape]) -> str:
    return ", ".join(str(shape) for shape in shapes)
