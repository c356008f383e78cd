"""The unraveled view: a net of residual units as the collection of its paths (arXiv:1605.06431, figure 1).

Each path of a net of a few units is a row; of more units the number of paths of each length is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product

from resdsl.analysis.paths import Paths, path_lengths
from resdsl.backends.dot.canvas import Attribute, Canvas
from resdsl.backends.dot.heading import heading
from resdsl.backends.dot.options import PictureOptions
from resdsl.backends.dot.tables import Html
from resdsl.backends.dot.view import View
from resdsl.graph.model import Scope, ScopeKind

MOST_UNITS = 5
"""Units of a net whose paths are drawn one by one."""
_TALLEST = 150.0
"""Points of the highest bar."""
_LEAST = Fraction(1, 1000)
"""Part of the highest bar below which those at either end are left out."""
_MOST_BARS = 64
_BARE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'


def draw_paths(view: View, canvas: Canvas, options: PictureOptions) -> str:
    """DOT text, on a canvas that goes from left to right. Raises `ValueError` for a part of a net."""
    if options.focus is not None:
        raise ValueError("paths lead through a whole net: the level paths takes no focus")
    paths = path_lengths(view.graph)
    what = "units" if paths.units else "layers"
    if not paths.units:  # what differs between its paths, if there are several, is how many layers they have
        paths = path_lengths(view.graph, by_layer=True)
    units = [unit for unit in view.graph.units if _is_simple(unit)]
    if (
        what == "units"
        and 0 < len(units) == paths.units <= MOST_UNITS
        and sum(paths.lengths.weights) == 2 ** len(units)
    ):
        said = f"{len(units)} residual units, {2 ** len(units)} paths: through a unit, or around it"
        _rows(canvas, units)
        return canvas.finish(heading(view, canvas, options, said=said))
    if not paths.lengths.total:
        canvas.box(Html(canvas.labels.words("no path leads to an output", color="muted")))
        return canvas.finish(heading(view, canvas, options))
    _distribution(canvas, paths, what)
    return canvas.finish(heading(view, canvas, options, said=_said(paths, what)))


def _is_simple(unit: Scope) -> bool:
    """Whether a unit adds: two ways, one through its branch."""
    return any(isinstance(item, Scope) and item.kind is ScopeKind.SHORTCUT for item in unit.items) or any(
        isinstance(item, Scope) and item.kind is ScopeKind.GATE for item in unit.items
    )


# --- path by path ---------------------------------------------------------------------------------------------------


def _rows(canvas: Canvas, units: Sequence[Scope]) -> None:
    """A row for each path, the shortest at the top."""
    ways = sorted(product((False, True), repeat=len(units)), key=lambda way: (sum(way), [not taken for taken in way]))
    label = canvas.labels.rounded("x", "")
    first = canvas.node("end", label=label, group="trunk", **canvas.mark("input", "x"))
    merge = canvas.circle("+", "merge", "merged", group="trunk", **canvas.mark("merge", "+"))
    columns: list[list[str]] = [[] for _ in units]
    for number, way in enumerate(ways):
        before = f"{first}:e"
        shade = ("dense" if any(way) else "identity") if sum(way) < len(units) else "ink"
        for place, (unit, taken) in enumerate(zip(units, way, strict=True)):
            name = _unit(canvas, unit, place, taken=taken, group=f"path{number}")
            columns[place].append(name)
            _way(canvas, before, name, shade, place=place)
            before = name
        _way(canvas, before, merge, shade, place=-1)
    for column in columns:
        canvas.side_by_side(*column)
    last = canvas.node("end", label=canvas.labels.rounded("y", ""), group="trunk", **canvas.mark("output", "y"))
    canvas.edge(merge, last, weight=100)


def _way(canvas: Canvas, tail: str, head: str, shade: str, *, place: int) -> None:
    arrow = "normal" if place < 0 else "none"
    ends = (tail if ":" in tail else f"{tail}:e", f"{head}:w" if place >= 0 else head)
    look: dict[str, Attribute] = {"color": canvas.theme[shade], "penwidth": 1.4, "arrowhead": arrow}
    canvas.edge(*ends, weight=10 if place > 0 else 1, **look)


def _unit(canvas: Canvas, unit: Scope, place: int, *, taken: bool, group: str) -> str:
    name = f"f{place + 1}"
    path = next((above.path for above in unit.ancestors() if above.name), "")
    size: dict[str, Attribute] = {"shape": "box", "fixedsize": True, "width": 0.55, "height": 0.22, "group": group}
    theme = canvas.theme
    if taken:
        mark = canvas.mark("path", name, path=path, nodes=tuple(unit.nodes()), span=unit.span)
        look: dict[str, Attribute] = {"style": "filled", "fillcolor": theme["conv"], "color": theme["conv_line"]}
        return canvas.node("box", label=name, **size, **look, **mark)
    canvas.used["skipped"] = None
    return canvas.node("gone", label="", style="dashed", color=theme["faint"], **size)


# --- the distribution -----------------------------------------------------------------------------------------------


def _said(paths: Paths, what: str) -> str:
    total = int(paths.lengths.total)
    number = f"{total:,}" if total < 10**6 else f"{_power(total)}"
    low, high = paths.lengths.central()
    units = "no residual units" if what == "layers" else f"{paths.units} units" if paths.units != 1 else "1 unit"
    paths_word = "path" if total == 1 else "paths"
    return f"{units}, {number} {paths_word}, mean length {_number(paths.lengths.mean)}; 95 % of {low} to {high}"


def _power(total: int) -> str:
    """`2^54 = 1.80e16`."""
    digits = f"{Fraction(total, 10 ** (len(str(total)) - 1)).__float__():.2f}" if total < 10**300 else ""
    size = f"{digits}e{len(str(total)) - 1}" if digits else f"about 1e{len(str(total)) - 1}"
    return f"2^{total.bit_length() - 1} = {size}" if total & (total - 1) == 0 else size


def _number(value: Fraction) -> str:
    return f"{float(value):.4g}"


def _distribution(canvas: Canvas, paths: Paths, what: str) -> None:
    """Bars by length: the share of all paths, and of those of a training step where units may be dropped."""
    shares = paths.lengths.shares()
    dropped = paths.expected.shares() if paths.expected else ()
    lengths = _shown(shares, dropped)
    step = -(-len(lengths) // _MOST_BARS)
    groups = [lengths[start : start + step] for start in range(0, len(lengths), step)]
    bars = [sum((shares[i] for i in group), Fraction()) for group in groups]
    others = [sum((dropped[i] for i in group), Fraction()) for group in groups] if dropped else []
    tallest = max((*bars, *others))
    cells = "".join(
        _bar(canvas, bars[i], others[i] if others else None, tallest, width=min(48, max(7, 440 // len(groups))))
        for i in range(len(groups))
    )
    words = canvas.labels.words
    counted = "units that it passes through" if what == "units" else "its convolutions and linear layers"
    axis = words(f"length of a path: {counted}", size=9, color="muted")
    most = words(f"share of paths; highest {float(tallest):.3g}", size=9, color="muted")
    rows = f'<TR><TD COLSPAN="{len(groups)}" ALIGN="LEFT">{most}</TD></TR><TR>{cells}</TR>'
    rows += f"<TR>{''.join(_tick(canvas, group, place, len(groups)) for place, group in enumerate(groups))}</TR>"
    rows += f'<TR><TD COLSPAN="{len(groups)}">{axis}</TD></TR>'
    if others:
        rows += f'<TR><TD COLSPAN="{len(groups)}">{_key(canvas)}</TD></TR>'
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="1" CELLPADDING="0">{rows}</TABLE>'
    canvas.box(Html(table), **canvas.mark("path", "path lengths"))


def _shown(shares: Sequence[Fraction], dropped: Sequence[Fraction]) -> list[int]:
    """Lengths between the first and the last whose bar can be seen."""
    both = [max(share, dropped[i] if dropped else Fraction()) for i, share in enumerate(shares)]
    seen = [i for i, share in enumerate(both) if share >= _LEAST * max(both)]
    return list(range(seen[0], seen[-1] + 1))


def _bar(canvas: Canvas, share: Fraction, other: Fraction | None, tallest: Fraction, *, width: int) -> str:
    """A bar on the ground; beside it, thinner, that of a training step."""
    cells = _rect(canvas, "identity", share, tallest, width if other is None else width // 2)
    if other is not None:
        cells += _rect(canvas, "projection", other, tallest, max(2, width // 2 - 2))
    return f'<TD VALIGN="BOTTOM">{_BARE}<TR>{cells}</TR></TABLE></TD>'


def _rect(canvas: Canvas, color: str, share: Fraction, tallest: Fraction, width: int) -> str:
    height = max(1, round(float(share / tallest) * _TALLEST))
    above = round(_TALLEST) - height + 1
    inner = f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{above}"></TD></TR>'
    inner += f'<TR><TD FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="{height}" BGCOLOR="{canvas.theme[color]}"></TD></TR>'
    return f"<TD>{_BARE}{inner}</TABLE></TD>"


def _tick(canvas: Canvas, group: Sequence[int], place: int, total: int) -> str:
    """The length under a bar, where there is room for it."""
    every = max(1, -(-total * 14 // 440))
    shown = str(group[0]) if place % every == 0 else ""
    return f"<TD>{canvas.labels.words(shown, size=8, color='muted') if shown else ''}</TD>"


def _key(canvas: Canvas) -> str:
    words = canvas.labels.words
    one = words("■", color="identity") + words(" all paths", size=8, color="muted")
    two = words("■", color="projection") + words(" paths of a training step, on average", size=8, color="muted")
    return f"{one}&nbsp;&nbsp;&nbsp;{two}"
