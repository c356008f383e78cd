"""Values that meet and are not alike: by what they differ, where that came from, and what brings them together."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from resdsl.diagnostics import Edit, Fix, Label
from resdsl.elaborate.context import Home
from resdsl.elaborate.library import import_edit, is_library
from resdsl.elaborate.state import stride_between
from resdsl.elaborate.values import Size, is_whole, show, whole
from resdsl.graph import Graph, Node, Scope, ScopeKind
from resdsl.records import Record
from resdsl.shapes import Axes, Shape
from resdsl.source import Span
from resdsl.syntax import tree

POLICY = "project"
"""The library's shortcut that follows the branch's channels and stride."""


class Remedy(Record):
    """What to do about it, in words and, where one is known, as an edit."""

    help: str
    fixes: tuple[Fix, ...] = ()


def size_text(size: Axes) -> str:
    return "x".join(str(n) for n in size) or "a vector"


def difference(one: Shape, other: Shape) -> str:
    """By what two shapes differ: `channels (64 and 128) and size (32x32 and 16x16)`."""
    parts = []
    if one.dims != other.dims:
        return f"the number of axes ({one.dims} and {other.dims})"
    if one.channels != other.channels:
        parts.append(f"{'channels' if one.dims else 'width'} ({one.channels} and {other.channels})")
    if one.size != other.size:
        parts.append(f"size ({size_text(one.size)} and {size_text(other.size)})")
    return " and ".join(parts)


def strides_said(source: Node, ends: Sequence[tuple[str, Node]]) -> str:
    """What the strides of branches have to do with their sizes: `the branch has stride 2, the shortcut 1`."""
    strides = [(who, stride_between(source, end)) for who, end in ends]
    if len({str(stride) for _, stride in strides}) < 2:
        return ""
    (who, first), *others = strides
    return ", ".join([f"{who} has stride {show(first)}", *(f"{who} {show(stride)}" for who, stride in others)])


# --- where it came from --------------------------------------------------------------------------


def origins(graph: Graph, part: Scope, result: Node, other: Shape, whose: str) -> list[Label]:
    """The steps of `part` that made its result differ from `other`; a step within a block is the block's call."""
    said: dict[Span, list[str]] = {}
    nodes = [graph.node(place) for place in part.nodes()]
    if result.shape.dims != other.dims:
        turned = next((n for n in nodes if n.shape.dims != other.dims), result)
        return [Label(_site(turned, part), f"{whose} is {_axes_said(turned.shape)} from here on")]
    if result.shape.channels != other.channels:
        makers = [n for n in nodes if n.operands and n.shape.channels != graph.node(n.operands[0]).shape.channels]
        if makers:
            said.setdefault(_site(makers[-1], part), []).append(_width_said(makers[-1].shape))
    if result.shape.size != other.size:
        for node in nodes:
            before = graph.node(node.operands[0]).shape if node.operands else node.shape
            if node.shape.size != before.size:
                said.setdefault(_site(node, part), []).append(_size_change(before, node))
                break
    return [Label(span, f"{whose} has {' and '.join(texts)} from here on") for span, texts in said.items()]


def _site(node: Node, part: Scope) -> Span:
    """The outermost call of a block below `part` that the node stands in, or the node's own place."""
    span = node.span
    scope: Scope | None = node.scope
    while scope is not None and scope is not part:
        if scope.kind is ScopeKind.BLOCK:
            span = scope.span
        scope = scope.parent
    return span


def _width_said(shape: Shape) -> str:
    return f"{shape.channels} channels" if shape.dims else f"width {shape.channels}"


def _axes_said(shape: Shape) -> str:
    return f"a map of {shape.dims} axes" if shape.dims else "a vector"


def _size_change(before: Shape, node: Node) -> str:
    lost = {b - a for b, a in zip(before.size, node.shape.size, strict=False)}
    strides = {window.stride for window in node.op.windows((before,))}
    few = f", {lost.pop()} positions less," if strides == {1} and len(lost) == 1 and min(lost) > 0 else ""
    return f"size {size_text(node.shape.size)}{few}"


# --- what to do ----------------------------------------------------------------------------------


def projects(source: Node, branch: Node) -> bool:
    """Whether a 1x1 convolution with the branch's stride gives the branch's shape."""
    stride = stride_between(source, branch)
    if not source.shape.dims or source.shape.dims != branch.shape.dims:
        return False
    strides = stride.axes if isinstance(stride, Size) else (stride,) * source.shape.dims
    sizes = zip(source.shape.size, branch.shape.size, strides, strict=True)
    return all(is_whole(s) and s >= 1 and -(-n // s) == m for n, m, s in sizes)


def missing_shortcut(unit: tree.Residual, home: Home, source: Node, branch: Node) -> Remedy:
    """For a residual whose shortcut is the value itself, and whose branch changes its shape."""
    if branch.shape.dims == source.shape.dims == 0:
        clause = "shortcut linear(out.channels)"
        return Remedy(f"`{clause}` brings the value to {branch.shape}", _added_clause(unit, home, clause))
    if branch.shape.dims != source.shape.dims:
        return Remedy("end the braces before the step that changes the axes: it belongs behind the addition")
    if projects(source, branch):
        return _projection(unit, home, source, branch)
    return Remedy(_other_remedy(source, branch))


def unfit_shortcut(home: Home, source: Node, branch: Node, shortcut: Node) -> Remedy:
    """For a shortcut that is written and gives another shape than the branch."""
    if branch.shape.dims != shortcut.shape.dims or not projects(source, branch):
        if branch.shape.dims == source.shape.dims and branch.shape != source.shape:
            return Remedy(_other_remedy(source, branch))
        return Remedy(f"the shortcut has to give {branch.shape}, as the branch does")
    wanted = []
    if shortcut.shape.channels != branch.shape.channels:
        wanted.append(f"{branch.shape.channels} channels")
    if shortcut.shape.size != branch.shape.size:
        wanted.append(f"stride {show(stride_between(source, branch))}")
    needs = f"give the shortcut {' and '.join(wanted)}"
    if branch.shape == source.shape:
        return Remedy(f"{needs}, or leave it out: the branch keeps the shape of its input")
    return Remedy(f"{needs}, or write `shortcut {POLICY}`, which follows the branch{_import_hint(home)}")


def _projection(unit: tree.Residual, home: Home, source: Node, branch: Node) -> Remedy:
    stride = stride_between(source, branch)
    strided = "" if stride == 1 else f" with stride {show(stride)}"
    does = f"a 1x1 convolution{strided} that gives {branch.shape}"
    return Remedy(
        f"write `shortcut {POLICY}`, {does}{_import_hint(home)}",
        _added_clause(unit, home, f"shortcut {POLICY}", needs=POLICY),
    )


def _other_remedy(source: Node, branch: Node) -> str:
    """What brings a value to the shape of a branch that no projection can follow."""
    pairs = list(zip(source.shape.size, branch.shape.size, strict=True))
    factors = {m // n if m % n == 0 else 0 for n, m in pairs}
    if stride_between(source, branch) == 1 and all(m <= n for n, m in pairs):
        return "leave `pad` out in the branch, or make it half the window: then it keeps its size"
    if len(factors) == 1 and (factor := factors.pop()) > 1:
        more = "" if branch.shape.channels == source.shape.channels else " -> conv(1, out.channels)"
        return f"write a shortcut that grows with it: `shortcut {{ upsample({factor}){more} }}`"
    return f"write a shortcut that gives {branch.shape}: `shortcut {{ ... }}`"


def _import_hint(home: Home) -> str:
    return "" if POLICY in home.values else f" (`use std: {POLICY}`)"


def _added_clause(unit: tree.Residual, home: Home, clause: str, needs: str | None = None) -> tuple[Fix, ...]:
    """The clause written behind the main braces or in the place of `identity`, with the import that it needs."""
    source = unit.span.source
    if is_library(source):
        return ()
    behind = unit.main.span.end
    edit = Edit(Span(source, behind, behind), f" {clause}")
    if unit.shortcut is not None:
        edit = Edit(unit.shortcut.span, clause)
    edits = [edit] if needs is None or needs in home.values else [import_edit(needs, home.file), edit]
    return (Fix(f"write `{clause}`", tuple(edits)),)


# --- merges --------------------------------------------------------------------------------------


def merge_note(kind: str, one: Node, other: Node) -> str:
    """By what two branches of a merge differ, and why."""
    width = one.shape.channels
    by = difference(one.shape, other.shape if kind != "concat" else Shape(width, other.shape.size))
    strides = ""
    if one.shape.size != other.shape.size and one.stride != other.stride:
        strides = f": their strides from the input are {_total(one)} and {_total(other)}"
    needs = "equal sizes" if kind == "concat" else "equal shapes"
    return f"`{kind}` needs {needs}; these differ in {by}{strides}"


def _total(node: Node) -> str:
    axes = tuple(whole(stride) for stride in node.stride)
    return show(axes[0] if len(set(axes)) == 1 else axes)


def merge_help(graph: Graph, kind: str, one: Node, other: Node) -> str | None:
    """What brings two branches of a merge together."""
    a, b = one.shape, other.shape
    if a.dims != b.dims:
        return "flatten both or neither"
    if a.size == b.size:
        return None if kind == "concat" else "give the branches one width, or join their channels with `concat`"
    if one.stride != other.stride:
        return "give the branches the same stride, or enlarge the smaller one with `upsample`"
    smaller = size_text(min(a.size, b.size))
    resized = f"bring the larger one to the other's size with `resize({smaller})`"
    even = _even_input(graph, len(one.stride))
    if even is not None:
        return f"use an input that all strides divide, such as {even}, or {resized}"
    return f"pad the windows that lose positions, or {resized}"


def _even_input(graph: Graph, axes: int) -> Shape | None:
    """The next larger input whose size all strides of the net divide; `None` where they divide it already."""
    if len(graph.inputs) != 1:
        return None
    given = graph.node(graph.inputs[0]).shape
    if not axes or given.dims != axes:
        return None
    strides = [max(ceil(n.stride[axis]) for n in graph.nodes() if len(n.stride) == axes) for axis in range(axes)]
    size = tuple(-(-n // stride) * stride for n, stride in zip(given.size, strides, strict=True))
    return Shape(given.channels, size) if size != given.size else None
