"""The figures of a net, and a row for each of its parts: stages, blocks, or single steps."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from fractions import Fraction
from math import prod
from typing import Literal

from resdsl.analysis.memory import Kept, activations
from resdsl.analysis.metrics import metrics
from resdsl.analysis.peak import Footprint, Largest, Memory, Peak
from resdsl.analysis.receptive import Fields, receptive_fields
from resdsl.analysis.sections import sections, shortcut_kind
from resdsl.analysis.sizes import input_sizes
from resdsl.graph.model import Graph, Node, Scope, ScopeKind
from resdsl.graph.text import step_text
from resdsl.ops.base import Role
from resdsl.records import Record
from resdsl.shapes import Shape

Depth = Literal["stage", "block", "ops"]
"""What a row is."""

FLOPS = "1 MAC = 2 FLOPs"


@dataclass(frozen=True, slots=True)
class Row:
    """A part of the net: a stage, a region, an auxiliary head or a run between them; a block; or a step."""

    path: str
    block: str
    count: int
    """How many blocks it is built of, or how many equal ones in a row it stands for."""
    shortcuts: tuple[tuple[str, int], ...]
    """Kinds of shortcut and how often, in order of first use."""
    output: str
    stride: str
    """Total stride of its output from the input; `""` after the last map."""
    params: int
    macs: int
    """Of auxiliary heads 0: they are not executed in eval."""
    kept: Kept
    """What a training step keeps of it for the backward pass, and not already of a row above."""
    field: tuple[tuple[str, str], ...]
    """The receptive field of its output along each axis, in pixels: over the path that sees fewest, and over all."""
    offset: tuple[tuple[str, str], ...]
    """The pixel that its first position is centred on, along each axis: the smallest and the largest over all paths.
    Position i is centred `stride` times i further."""
    sources: tuple[str, ...]
    """The rows whose values it reads, where that is not just the row above; `input` is the model's input."""

    def alike(self) -> tuple[object, ...]:
        """What rows have in common that may be shown as one."""
        return self.block, self.shortcuts, self.output, self.stride, self.params, self.macs, self.kept


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
    elementwise: int
    """Elements that all other steps compute (normalisation, activation, pooling, addition) in eval."""
    depth: int
    """The most convolutions and linear layers on a path from input to output."""
    units: int
    """Innermost residual units."""
    expected_depth: float
    """Expected number of units that are executed in a training step: the sum of their survival chances."""
    kept: Kept
    """What a training step keeps for its backward pass."""
    memory: tuple[Memory, ...]
    """Peaks of memory, for each batch size."""
    rows: tuple[Row, ...]
    sides: str = ""
    """Which sizes of the input's sides the net takes, in words; empty where it takes any that is not too small."""
    fits: Largest | None = None
    """The largest batches for a given memory, where one was given."""

    def to_json(self) -> str:
        """Stable JSON with every field."""
        data = asdict(self)
        data["kept"] = _kept(self.kept)
        data["memory"] = [_plain(memory) for memory in self.memory]
        data["fits"] = _plain(self.fits) if self.fits else None
        for part, row in zip(data["rows"], self.rows, strict=True):
            part["shortcuts"] = dict(row.shortcuts)
            part["kept"] = _kept(row.kept)
        return json.dumps(data, indent=2) + "\n"

    def to_table(self) -> str:
        """A text table, a row for each part, the figures below it."""
        from resdsl.analysis.summary_table import summary_tables

        return "\n".join(table.text() for table in summary_tables(self))

    def __str__(self) -> str:
        return self.to_table()


def gmacs(macs: int) -> str:
    """Billions of multiply-adds, to three decimals (more where that would be zero)."""
    return f"{macs / 1e9:.3f}" if macs >= 500_000 or macs == 0 else f"{macs / 1e9:.9f}".rstrip("0")


def summarize(
    graph: Graph,
    depth: Depth = "stage",
    batches: Sequence[int] = (1,),
    dtype: str = "float32",
    optimizer: str = "sgd",
    fit: int | None = None,
) -> Summary:
    """The figures of a graph and its rows; its memory for batches of the sizes `batches`, and what fits in `fit` bytes.

    Raises `ValueError` as `Footprint.memory` does.
    """
    footprint = Footprint(graph)
    total = metrics(graph)
    kept = activations(graph)
    return Summary(
        model=graph.name,
        input=_shapes(graph.node(node).shape for node in graph.inputs),
        output=_shapes(graph.node(output.node).shape for output in graph.outputs),
        params=total.params,
        buffers=total.buffers,
        state_dict_keys=total.keys,
        macs=total.macs,
        elementwise=_elementwise(graph),
        depth=total.depth,
        units=total.units,
        expected_depth=float(sum((u.survival.chance if u.survival else Fraction(1) for u in graph.units), Fraction())),
        kept=Kept.total(kept),
        memory=tuple(footprint.memory(batch, dtype, optimizer) for batch in batches),
        sides=sizes.describe() if (sizes := input_sizes(graph)) else "",
        rows=tuple(_Rows(graph, kept).all(depth)),
        fits=footprint.largest(fit, dtype, optimizer) if fit is not None else None,
    )


def _elementwise(graph: Graph) -> int:
    aux = {node for scope in graph.root.walk() if scope.kind is ScopeKind.AUX for node in scope.nodes()}
    plain = (Role.CONV, Role.LINEAR, Role.INPUT, Role.DROPOUT)
    return sum(
        node.shape.numel
        for node in graph.nodes()
        if node.id not in aux and node.op.role not in plain and not node.op.saved(graph.shapes(node)).view
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """What becomes a row."""

    nodes: tuple[int, ...]
    path: str
    block: str
    count: int
    scopes: tuple[Scope, ...]
    auxiliary: bool


class _Rows:
    def __init__(self, graph: Graph, kept: list[Kept]) -> None:
        self.graph = graph
        self.kept = kept
        self.fields = receptive_fields(graph)
        self.params: Counter[int] = Counter()
        for _, weight, node in graph.weights():
            if not weight.buffer:
                self.params[node.id] += prod(weight.shape)

    def all(self, depth: Depth) -> list[Row]:
        parts = list({"stage": self._stages, "block": self._blocks, "ops": self._steps}[depth]())
        owners = {node: index for index, part in enumerate(parts) for node in part.nodes}
        rows = [self._row(part, index, parts, owners) for index, part in enumerate(parts)]
        return rows if depth != "block" else list(_folded(rows))

    def _stages(self) -> Iterator[_Part]:
        for section in sections(self.graph):
            inner = section.parts()
            nodes = [self.graph.node(node) for node in section.nodes]
            block = ", ".join(dict.fromkeys(map(_title, inner))) if inner else _kinds(nodes)
            path = section.scope.title or section.scope.path if section.scope else _run(nodes)
            scopes = tuple(section.scopes)
            yield _Part(section.nodes, path, block, len(inner) or 1, scopes, _is_aux(section.scope))

    def _blocks(self) -> Iterator[_Part]:
        for section in sections(self.graph):
            blocks = dict.fromkeys(section.parts())
            for item in _cut(section.items, blocks):
                if isinstance(item, Scope):
                    path = item.path if item.name or item.kind is ScopeKind.BLOCK else _run(self._of(item.nodes()))
                    scopes = tuple(item.walk())
                    yield _Part(tuple(item.nodes()), path, _title(item), 1, scopes, _is_aux(section.scope))
                else:
                    nodes = self._of(item)
                    yield _Part(item, _run(nodes), _kinds(nodes), 1, (), _is_aux(section.scope))

    def _steps(self) -> Iterator[_Part]:
        for node in self.graph.nodes():
            if node.operands:
                aux = any(scope.kind is ScopeKind.AUX for scope in node.scope.ancestors())
                yield _Part((node.id,), node.path if node.name else "", step_text(node), 1, (), aux)

    def _of(self, ids: Iterable[int]) -> list[Node]:
        return [self.graph.node(node) for node in ids]

    def _row(self, part: _Part, index: int, parts: list[_Part], owners: dict[int, int]) -> Row:
        nodes = self._of(part.nodes)
        last = nodes[-1]
        found = (shortcut_kind(self.graph, scope) for scope in part.scopes)
        shortcuts = Counter(kind for kind in found if kind)
        read = {operand for node in nodes for operand in node.operands}
        sources = sorted({owners.get(operand, -1) for operand in read} - {index})
        names = tuple(parts[s].path or parts[s].block if s >= 0 else "input" for s in sources)
        return Row(
            path=part.path,
            block=f"aux: {part.block}" if part.auxiliary else part.block,
            count=part.count,
            shortcuts=tuple(shortcuts.items()),
            output=str(last.shape),
            stride=_stride(last),
            params=sum(self.params[node.id] for node in nodes),
            macs=0 if part.auxiliary else sum(node.op.macs(self.graph.shapes(node)) for node in nodes),
            kept=Kept.total(self.kept[node.id] for node in nodes),
            field=_field(last, self.fields[last.id]),
            offset=_offset(last, self.fields[last.id]),
            sources=() if sources == [index - 1] else names,
        )


def _kept(kept: Kept) -> dict[str, int]:
    return {"elements": kept.elements, "indices": kept.indices, "constants": kept.constants}


def _plain(record: Record) -> dict[str, object]:
    """Its fields, of a peak its total too."""
    fields: dict[str, object] = {"total": record.total} if isinstance(record, Peak) else {}
    names: tuple[str, ...] = record.__match_args__
    for name in names:
        value = getattr(record, name)
        fields[name] = _plain(value) if isinstance(value, Record) else value
    return fields


def _folded(rows: list[Row]) -> Iterator[Row]:
    """Equal neighbours as one, with their sum."""
    run: list[Row] = []
    for row in rows:
        if run and (row.alike() != run[0].alike() or row.sources):
            yield _together(run)
            run = []
        run.append(row)
    if run:
        yield _together(run)


def _together(run: list[Row]) -> Row:
    first, last = run[0], run[-1]
    if first is last:
        return first
    return Row(
        path=f"{first.path}..{last.path.rpartition('.')[2]}",
        block=first.block,
        count=len(run),
        shortcuts=tuple((kind, n * len(run)) for kind, n in first.shortcuts),
        output=last.output,
        stride=last.stride,
        params=first.params * len(run),
        macs=first.macs * len(run),
        kept=Kept.total(row.kept for row in run),
        field=last.field,
        offset=last.offset,
        sources=first.sources,
    )


def _cut(items: Iterable[Scope | int], blocks: dict[Scope, None]) -> Iterator[Scope | tuple[int, ...]]:
    """The blocks, and what runs between them."""
    run: list[int] = []
    for atom in _atoms(items, blocks):
        if isinstance(atom, int):
            run.append(atom)
            continue
        if run:
            yield tuple(run)
            run = []
        yield atom
    if run:
        yield tuple(run)


def _atoms(items: Iterable[Scope | int], blocks: dict[Scope, None]) -> Iterator[Scope | int]:
    for item in items:
        if isinstance(item, int) or item in blocks:
            yield item
        else:
            yield from _atoms(item.items, blocks)


def _title(scope: Scope) -> str:
    return scope.title or scope.kind.value


def _is_aux(scope: Scope | None) -> bool:
    return scope is not None and scope.kind is ScopeKind.AUX


def _run(nodes: list[Node]) -> str:
    """The first and the last of what is named, in the scope that holds both: `features.2..4`, `pool2..block3`."""
    named = [node.path.split(".") for node in nodes if node.name]
    if not named:
        return ""
    first, last = named[0], named[-1]
    if first == last:
        return ".".join(first)
    common = next(i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b)
    start = first if len(first) == common + 2 else first[: common + 1]
    return f"{'.'.join(start)}..{last[common]}"


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


def _field(node: Node, fields: Fields) -> tuple[tuple[str, str], ...]:
    """Of a map; what has no positions left sees everything."""
    if not node.shape.size or max(node.shape.size) == 1:
        return ()
    return tuple((str(field.smallest), str(field.largest)) for field in fields)


def _offset(node: Node, fields: Fields) -> tuple[tuple[str, str], ...]:
    if not _field(node, fields):
        return ()
    return tuple((f"{float(field.centres[0]):g}", f"{float(field.centres[1]):g}") for field in fields)


def _shapes(shapes: Iterable[Shape]) -> str:
    return ", ".join(str(shape) for shape in shapes)
