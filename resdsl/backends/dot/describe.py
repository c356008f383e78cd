"""What a picture says of operators: short names, kernels, widths."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from resdsl.backends.dot import theme
from resdsl.backends.dot.tables import Row
from resdsl.backends.dot.text import size
from resdsl.graph.model import Graph, Node
from resdsl.ops.arguments import show
from resdsl.ops.base import Operator, Role
from resdsl.shapes import per_axis, short

_SPOKEN = {
    "avgpool": "AvgPool",
    "bn": "BN",
    "conv": "Conv",
    "deconv": "Deconv",
    "elu": "ELU",
    "gelu": "GELU",
    "gn": "GroupNorm",
    "instance_norm": "InstanceNorm",
    "leaky_relu": "LeakyReLU",
    "linear": "Linear",
    "ln": "LayerNorm",
    "lrn": "LRN",
    "maxpool": "MaxPool",
    "prelu": "PReLU",
    "relu": "ReLU",
    "relu6": "ReLU6",
    "silu": "SiLU",
}
"""Operators whose usual spelling is not their name's; the others are shown by their own name."""

SIGNS = {"add": "+", "mul": "×", "concat": "C", "mean": "μ", "complement": "1−"}
"""Of the operators drawn as a small circle."""

MINOR = {Role.NORM, Role.ACTIVATION, Role.DROPOUT, Role.SHAPE, Role.SCALE}
"""Roles that are strips of the operator they follow."""

_WIDEST = 24
"""Characters of a thin strip."""

_MEASURED = {Role.CONV, Role.LINEAR, Role.POOL}
"""Roles whose arguments have a usual short form; of the others, what the text wrote is shown."""


def spoken(op: Operator) -> str:
    """The operator's usual name."""
    return _SPOKEN.get(op.kind, op.kind.replace("_", " "))


def fault(op: Operator) -> str | None:
    """What is wrong at a step that failed; `None` of all others."""
    return f"{getattr(op, 'code', '')}: {getattr(op, 'message', '')}" if op.kind == "broken" else None


def strip(op: Operator) -> str:
    """What a thin strip says: the usual name, the factor that makes a scale what it is (`× 0.5`), a dropout's rate."""
    factor, rate = getattr(op, "factor", None), getattr(op, "p", None)
    if op.role is Role.SCALE and isinstance(factor, Fraction):
        return f"× {show(factor)}"
    if op.role is Role.DROPOUT and isinstance(rate, Fraction):
        return f"{spoken(op)} {show(rate)}"
    return spoken(op)


def is_grouped(op: Operator) -> bool:
    return getattr(op, "groups", 1) != 1 and op.role is Role.CONV


def tint(op: Operator) -> str:
    return "grouped" if is_grouped(op) else theme.fill(op.role)


def brief(graph: Graph, node: Node, *, named: bool = False) -> str:
    """One line: `3×3, 128, /2`; with `named`, `Conv 3×3, 128, /2`."""
    op = node.op
    parts = [_window(op, node)] if op.role in _MEASURED and _window(op, node) else []
    if op.role is Role.LINEAR:
        before = graph.shapes(node)[0].channels
        return f"{spoken(op)} {before} → {node.shape.channels}"
    if op.role is Role.POOL and not parts:
        target = "global" if max(node.shape.size, default=1) == 1 else f"to {size(short(node.shape.size))}"
        return f"{spoken(op)} {target}"
    if op.role not in _MEASURED:
        parts.extend(_written(op))
    elif op.role is Role.CONV:
        parts.append(str(node.shape.channels))
    if op.role in _MEASURED:
        parts.extend(_extras(op))
    named = named or op.role is not Role.CONV or op.kind != "conv"
    text = ", ".join(parts)
    return f"{spoken(op)} {text}".rstrip() if named else text


def title(op: Operator, node: Node) -> str:
    """`Conv 3×3`, `Linear`, `MaxPool 3×3`."""
    return f"{spoken(op)} {_window(op, node)}".rstrip()


def detail(graph: Graph, node: Node) -> str:
    """`128 → 128, stride 2, 32 groups of 4`; empty where there is nothing to say."""
    op, parts = node.op, []
    before = graph.shapes(node)[0] if node.operands else None
    if before is not None and op.role in {Role.CONV, Role.LINEAR}:
        parts.append(f"{before.channels} → {node.shape.channels}")
    if op.role is Role.POOL and getattr(op, "k", None) is None:
        parts.append("global" if max(node.shape.size, default=1) == 1 else f"to {size(short(node.shape.size))}")
    if op.role not in _MEASURED:
        return ", ".join(_written(op))
    if _stride(op) != 1:
        parts.append(f"stride {size(_stride(op))}")
    if (dilation := getattr(op, "dilation", 1)) != 1:
        parts.append(f"dilation {size(dilation)}")
    if is_grouped(op) and before is not None:
        groups: int = getattr(op, "groups", 1)
        each = before.channels // groups
        parts.append("depthwise" if each == 1 and groups == before.channels else f"{groups} groups of {each}")
    bias = getattr(op, "bias", None)
    if isinstance(bias, Fraction) and bias != 0:
        parts.append(f"bias {show(bias)}")
    return ", ".join(parts)


def rows(graph: Graph, nodes: Sequence[Node], *, named: bool) -> list[Row]:
    """Strips of a run: a line for each convolution, linear layer or pool, what follows it on a thin strip.

    Without `named`, convolutions are without their name and the thin strips are left out. Equal lines one after
    the other become one with a count.
    """
    groups: list[list[Row]] = []
    for node in nodes:
        if node.op.role in MINOR:
            if named and node.op.kind != "identity":
                _add_minor(groups, node)
            continue
        groups.append([Row(brief(graph, node, named=named), tint(node.op))])
    if not groups:
        groups = [[Row(strip(node.op), tint(node.op))] for node in nodes]
    return [row for group in fold_rows(groups) for row in group]


def fold_rows(groups: Iterable[list[Row]]) -> list[list[Row]]:
    """Equal neighbours become one with a count, on its first row."""
    folded: list[list[Row]] = []
    counts: list[int] = []
    for group in groups:
        if folded and folded[-1] == group:
            counts[-1] += 1
        else:
            folded.append(group)
            counts.append(1)
    return [[replace(group[0], count=n), *group[1:]] for group, n in zip(folded, counts, strict=True)]


def _add_minor(groups: list[list[Row]], node: Node) -> None:
    """On the thin strip of the operator before it, or on one of its own."""
    name = strip(node.op)
    thin = theme.fill(Role.NORM)
    last = groups[-1][-1] if groups else None
    if last is not None and last.tint == thin and len(last.text) + len(name) <= _WIDEST:
        groups[-1][-1] = replace(last, text=f"{last.text} · {name}")
    elif groups:
        groups[-1].append(Row(name, thin))
    else:
        groups.append([Row(name, thin)])


def _window(op: Operator, node: Node) -> str:
    k = getattr(op, "k", None)
    if not isinstance(k, int | tuple):
        return ""
    return size(per_axis(k, node.shape.dims))


def _stride(op: Operator) -> int | tuple[int, ...]:
    """As written; a pool's default is its window."""
    stride = getattr(op, "stride", 1)
    if stride is None:
        stride = getattr(op, "k", None) or 1
    return short(stride) if isinstance(stride, tuple) else int(stride)


def _written(op: Operator) -> list[str]:
    """Arguments that are not the defaults: `factor 2`."""
    return [f"{name} {show(value)}" for name, value in op.arguments().items() if name != "init"]


def _extras(op: Operator) -> list[str]:
    found = []
    if _stride(op) != 1:
        found.append(f"/{size(_stride(op))}")
    if (dilation := getattr(op, "dilation", 1)) != 1:
        found.append(f"dilated {size(dilation)}")
    if is_grouped(op):
        found.append(f"{getattr(op, 'groups', 1)} groups")
    return found
