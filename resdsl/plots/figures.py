"""The plots there are: each from graphs to data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

from resdsl.analysis.paths import EFFECTIVE, Lengths, path_lengths
from resdsl.analysis.receptive import receptive_fields
from resdsl.analysis.sections import sections
from resdsl.analysis.summary import Row, summarize
from resdsl.graph.model import Graph, Scope, ScopeKind
from resdsl.ops.base import Role
from resdsl.plots.model import Plot, Range, Series
from resdsl.tables import Real

_BRANCHES = {ScopeKind.MAIN, ScopeKind.SHORTCUT, ScopeKind.GATE, ScopeKind.CARRY, ScopeKind.BRANCH, ScopeKind.AUX}

_THIN = Fraction(1, 20_000)
"""The ends of a distribution below this are not drawn."""


def paths(graphs: Sequence[Graph]) -> Plot:
    """Share of the paths by length; with survival also of those that a training step has on average."""
    series: list[Series] = []
    ranges: tuple[Range, ...] = ()
    for graph in graphs:
        found = path_lengths(graph)
        several = len(graphs) > 1
        name = f"{graph.name}: " if several else ""
        series.append(_distribution(f"{name}all paths", found.lengths, "steps" if several else "bars"))
        if found.expected is not None:
            series.append(_distribution(f"{name}paths in a training step", found.expected, "steps"))
        if not several and found.units >= EFFECTIVE[1]:
            low, high = found.lengths.central()
            ranges = (
                Range(*EFFECTIVE, f"{_percent(found.lengths.share(*EFFECTIVE))} of {EFFECTIVE[0]} to {EFFECTIVE[1]}"),
                Range(low, high, f"{_percent(found.lengths.share(low, high))} of {low} to {high}"),
            )
    return Plot(_title("Path lengths", graphs), "units on the path", "share of paths", tuple(series), ranges=ranges)


def depth(graphs: Sequence[Graph]) -> Plot:
    """The probability that a training step executes so many units."""
    series = []
    for graph in graphs:
        found = path_lengths(graph)
        depths = found.depths or Lengths((*(0,) * found.units, 1))
        series.append(
            _distribution(f"{graph.name}: {float(depths.mean):g} of {found.units} on average", depths, "steps")
        )
    return Plot("Units executed in a training step", "units", "probability", tuple(series))


def survival(graphs: Sequence[Graph]) -> Plot:
    """The probability of each unit to survive, in order, and the expected depth."""
    series = []
    for graph in graphs:
        chances = [unit.survival.chance if unit.survival else Fraction(1) for unit in graph.units]
        name = f"{graph.name}: E[depth] = {float(sum(chances, Fraction())):g} of {len(chances)}"
        series.append(Series(name, tuple(range(1, len(chances) + 1)), tuple(chances), "points"))
    return Plot(_title("Survival schedule", graphs), "residual unit", "survival probability", tuple(series))


def cost(graphs: Sequence[Graph]) -> Plot:
    """The share of each stage in parameters, multiply-adds and activations kept for the backward pass."""
    (graph,) = graphs
    rows = [row for row in summarize(graph).rows if row.params or row.macs or row.kept.elements]
    places = tuple(range(len(rows)))
    parts: tuple[tuple[str, Callable[[Row], int]], ...] = (
        ("parameters", lambda row: row.params),
        ("multiply-adds", lambda row: row.macs),
        ("activations", lambda row: row.kept.bytes()),
    )
    series = []
    for name, of in parts:
        total = sum(map(of, rows)) or 1
        series.append(Series(name, places, tuple(Fraction(100 * of(row), total) for row in rows), "bars"))
    return Plot(
        f"{graph.name}: cost by stage", "", "share in %", tuple(series), names=tuple(_name(row) for row in rows)
    )


def memory(graphs: Sequence[Graph]) -> Plot:
    """Activations that a training step keeps, stage after stage, for one input in float32."""
    (graph,) = graphs
    rows = [row for row in summarize(graph).rows if row.kept.elements]
    values = tuple(Fraction(row.kept.bytes(), 2**20) for row in rows)
    series = Series(
        "activations", tuple(range(len(rows))), values, "bars", texts=tuple(f"{float(v):.1f}" for v in values)
    )
    total = f"{float(sum(values)):.1f}"
    title = f"{graph.name}: {total} MiB of activations for one input"
    return Plot(title, "", "MiB", (series,), names=tuple(_name(row) for row in rows))


def field(graphs: Sequence[Graph]) -> Plot:
    """The receptive field along the trunk: from the path that sees fewest pixels to all paths."""
    series = []
    for graph in graphs:
        fields = receptive_fields(graph)
        deepest = _layers(graph)
        low: dict[int, Real] = {}
        high: dict[int, Real] = {}
        for node in graph.nodes():
            if fields[node.id] and max(node.shape.size, default=1) > 1 and not _beside(node.scope):
                layer = deepest[node.id]
                low[layer], high[layer] = fields[node.id][0].smallest, fields[node.id][0].largest
        layers = tuple(sorted(high))
        lows, highs = tuple(low[i] for i in layers), tuple(high[i] for i in layers)
        series.append(Series(graph.name, layers, highs, "band", low=lows))
    return Plot(_title("Receptive field", graphs), "layer", "pixels", tuple(series))


def widths(graphs: Sequence[Graph]) -> Plot:
    """Channels against resolution, a point each stage: how a net trades one for the other."""
    series = []
    for graph in graphs:
        points: dict[tuple[int, int], None] = {}
        for section in sections(graph):
            shape = graph.node(section.nodes[-1]).shape
            if shape.size and max(shape.size) > 1:
                points[shape.size[-1], shape.channels] = None
        series.append(Series(graph.name, tuple(x for x, _ in points), tuple(y for _, y in points), "points"))
    title = _title("Channels against resolution", graphs)
    return Plot(title, "resolution", "channels", tuple(series), log_x=True, log_y=True, falling_x=True)


class Kind:
    """A plot by name: what makes it, and whether it shows several nets."""

    def __init__(self, make: Callable[[Sequence[Graph]], Plot], *, several: bool) -> None:
        self.make = make
        self.several = several
        self.summary = (make.__doc__ or "").partition("\n")[0].rstrip(".:")


KINDS = {
    "paths": Kind(paths, several=True),
    "depth": Kind(depth, several=True),
    "survival": Kind(survival, several=True),
    "cost": Kind(cost, several=False),
    "memory": Kind(memory, several=False),
    "field": Kind(field, several=True),
    "widths": Kind(widths, several=True),
}


def _distribution(name: str, lengths: Lengths, form: str) -> Series:
    shares = lengths.shares()
    drawn = [i for i, share in enumerate(shares) if share >= _THIN]
    places = tuple(range(drawn[0], drawn[-1] + 1))
    return Series(name, places, tuple(shares[i] for i in places), form)


def _beside(scope: Scope) -> bool:
    """Whether it is within a branch, where a path has not come together with the others."""
    return any(above.kind in _BRANCHES for above in scope.ancestors())


def _layers(graph: Graph) -> list[int]:
    """For each value the most convolutions and linear layers on a path to it."""
    found: list[int] = []
    for node in graph.nodes():
        before = max((found[operand] for operand in node.operands), default=0)
        found.append(before + (node.op.role in (Role.CONV, Role.LINEAR)))
    return found


def _name(row: Row) -> str:
    name = row.path or row.block
    first, dots, last = name.partition("..")
    return f"{first}\n..{last}" if dots else name


def _title(what: str, graphs: Sequence[Graph]) -> str:
    return f"{graphs[0].name}: {what[0].lower()}{what[1:]}" if len(graphs) == 1 else what


def _percent(share: Fraction) -> str:
    return f"{float(100 * share):.2g} %" if share < Fraction(1, 10) else f"{float(100 * share):.1f} %"
