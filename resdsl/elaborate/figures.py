"""What to say of a figure that is not the stated one: by how much it differs, and what it is made of."""

from __future__ import annotations

from fractions import Fraction

from resdsl.analysis.metrics import contributions
from resdsl.elaborate.values import Number, Value, is_number, whole
from resdsl.graph import Graph
from resdsl.ops.conv import Conv

_SHOWN = 4
_LEVELS = 4


def figure(value: Number) -> str:
    """A number with its thousands apart."""
    return f"{value:,}" if isinstance(value, int) else f"{float(value):,.12g}"


def difference_note(actual: Value, wanted: Value) -> str | None:
    """By how much a number is too large or too small."""
    if not (is_number(actual) and is_number(wanted)):
        return None
    one, other = Fraction(actual), Fraction(wanted)
    if one == other:
        return None
    more = one - other
    share = f" ({_percent(abs(more) / abs(other))})" if other else ""
    return f"that is {figure(whole(abs(more)))}{share} too {'many' if more > 0 else 'few'}"


def _percent(share: Fraction) -> str:
    percent = float(share * 100)
    return f"{percent:,.0f} %" if percent >= 10 else f"{percent:.2g} %"


def parts_note(graph: Graph, name: str) -> str | None:
    """The parts of the net that a sum is mostly made of, by their names."""
    parts = largest_parts(contributions(graph, name))
    if not parts:
        return None
    total = sum(part for _, part in parts)
    by_size = sorted(parts, key=lambda part: -part[1])
    shown = [f"{path} {count:,} ({_percent(Fraction(count, total))})" for path, count in by_size[:_SHOWN]]
    rest = sum(count for _, count in by_size[_SHOWN:])
    if rest:
        shown.append(f"all others {rest:,} ({_percent(Fraction(rest, total))})")
    return f"{name} of the largest parts: {', '.join(shown)}"


def largest_parts(steps: list[tuple[str, int]]) -> list[tuple[str, int]]:
    """The contributions of steps added up by the outermost names that tell them apart."""
    for level in range(1, _LEVELS + 1):
        sums: dict[str, int] = {}
        for path, part in steps:
            name = ".".join(path.split(".")[:level])
            sums[name] = sums.get(name, 0) + part
        if len(sums) > 1:
            break
    return list(sums.items())


def likely_cause(graph: Graph, name: str, actual: Value, wanted: Value) -> str | None:
    """What accounts for a difference exactly: a part of the net, or the biases of its convolutions."""
    if not (isinstance(actual, int) and isinstance(wanted, int)) or name not in ("params", "keys", "macs"):
        return None
    more = actual - wanted
    steps = contributions(graph, name)
    for path, part in [*largest_parts(steps), *steps]:
        if part == more:
            return f"the difference is exactly what {path} has"
    if name != "params":
        return None
    convs = [(node.op, node.shape.channels) for node in graph.nodes() if node.alias_of is None]
    for biased, sign, words in (
        (False, -1, "would have with `bias=true`"),
        (True, 1, "have beyond `bias=false`"),
    ):
        widths = [width for op, width in convs if isinstance(op, Conv) and (op.bias is not False) is biased]
        if widths and sign * sum(widths) == more:
            many = f"{len(widths)} convolutions" if len(widths) > 1 else "convolution"
            return f"the difference is exactly the biases that its {many} {words}"
    return None
