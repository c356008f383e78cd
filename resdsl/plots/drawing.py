"""Plots as pictures: the only place that knows Matplotlib, which it imports when something is drawn."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from resdsl.plots.model import Plot, Series

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FORMATS = ("svg", "pdf", "png")

COLORS = ("#0072B2", "#D55E00", "#009E73", "#A0447F", "#E69F00", "#56B4E9", "#1F2937")
"""Okabe and Ito's, which readers tell apart with any kind of colour vision; the signs below differ, too."""

_MARKERS = "osD^vPX"
_LINES = ("-", "--", "-.", ":")
_INK, _MUTED = "#1F2937", "#6B7280"
_SIZE = 8.0
"""Points of the text: what papers set captions in."""


class MatplotlibMissing(Exception):  # noqa: N818 - it says what is missing
    """Matplotlib cannot be imported."""

    def __init__(self) -> None:
        super().__init__(
            "plots need Matplotlib: pip install 'resdsl[plot]'; the numbers are there without it (-o FILE.csv)"
        )


def draw(plot: Plot, form: str, *, inches: tuple[float, float] = (5.0, 3.0), dpi: int = 200) -> bytes:
    """A picture of `inches`, as svg, pdf or png. The same plot gives the same bytes. Raises `MatplotlibMissing`."""
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise MatplotlibMissing from error
    with mpl.rc_context(_style()):
        figure = Figure(figsize=inches, layout="constrained")
        axes = figure.subplots()
        _axes(axes, plot)
        out = io.BytesIO()
        undated = {"svg": {"Date": None}, "pdf": {"CreationDate": None}}.get(form)
        figure.savefig(out, format=form, dpi=dpi, metadata=undated)
    return out.getvalue()


def _style() -> dict[Any, Any]:  # Matplotlib types its keys one by one, release by release
    return {
        "font.family": "sans-serif",
        "font.sans-serif": ["Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
        "font.size": _SIZE,
        "axes.titlesize": _SIZE + 1,
        "axes.labelsize": _SIZE,
        "legend.fontsize": _SIZE - 1,
        "xtick.labelsize": _SIZE - 1,
        "ytick.labelsize": _SIZE - 1,
        "axes.edgecolor": _MUTED,
        "axes.labelcolor": _INK,
        "text.color": _INK,
        "xtick.color": _MUTED,
        "ytick.color": _MUTED,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.axisbelow": True,
        "text.parse_math": False,  # a name is a name, whatever signs it has
        "pdf.fonttype": 42,
        "svg.fonttype": "none",
        "svg.hashsalt": "resdsl",
    }


def _axes(axes: Axes, plot: Plot) -> None:
    axes.set_title(plot.title, loc="left", fontweight="bold")
    axes.set_xlabel(plot.x_label)
    axes.set_ylabel(plot.y_label)
    axes.grid(axis="y", color="#E5E7EB", linewidth=0.6)
    bars = [series for series in plot.series if series.form == "bars"]
    for index, series in enumerate(plot.series):
        _series(axes, series, index, bars)
    if plot.level is not None:
        axes.axhline(float(plot.level), color=_INK, linewidth=0.8)
    _scales(axes, plot)
    for index, marked in enumerate(plot.ranges):
        color = COLORS[(index + 1) % len(COLORS)]
        axes.axvspan(
            float(marked.first) - 0.5, float(marked.last) + 0.5, color=color, alpha=0.12, label=marked.name, lw=0
        )
    if len(plot.series) + len(plot.ranges) > 1 or any(series.form in ("points", "steps") for series in plot.series):
        axes.legend(frameon=False)


def _series(axes: Axes, series: Series, index: int, bars: list[Series]) -> None:
    color = COLORS[index % len(COLORS)]
    x, y = [float(value) for value in series.x], [float(value) for value in series.y]
    line: dict[str, Any] = {
        "color": color,
        "label": series.name,
        "linewidth": 1.4,
        "linestyle": _LINES[index % len(_LINES)],
    }
    if series.form == "bars":
        width = 0.8 / len(bars)
        shift = (bars.index(series) - (len(bars) - 1) / 2) * width
        hatch = ("", "////", r"\\\\")[bars.index(series) % 3]
        drawn = axes.bar(
            [place + shift for place in x],
            y,
            width * 0.94,
            color=color,
            label=series.name,
            hatch=hatch,
            edgecolor="white",
        )
        if series.high:
            ends = [[float(at - low) for at, low in zip(series.y, series.low, strict=True)],
                    [float(high - at) for at, high in zip(series.y, series.high, strict=True)]]  # fmt: skip
            places = [place + shift for place in x]
            axes.errorbar(places, y, ends, fmt="none", ecolor=_INK, elinewidth=0.7, capsize=1.5, capthick=0.7)
        if series.texts:
            axes.bar_label(drawn, labels=list(series.texts), fontsize=_SIZE - 1, padding=1)
    elif series.form == "steps":
        axes.step(x, y, where="mid", **line)
    elif series.form == "band":
        axes.fill_between(x, [float(value) for value in series.low], y, color=color, alpha=0.18, linewidth=0)
        axes.plot(x, y, **line)
        axes.plot(x, [float(value) for value in series.low], **{**line, "label": None, "linewidth": 0.8})
    elif series.form == "points":
        marker = _MARKERS[index % len(_MARKERS)]
        axes.plot(x, y, marker=marker, markersize=4 if len(x) < 30 else 2.5, **line)
    else:
        axes.plot(x, y, **line)


def _scales(axes: Axes, plot: Plot) -> None:
    if plot.log_x:
        axes.set_xscale("log", base=2)
    if plot.log_y:
        axes.set_yscale("log", base=2)
    else:
        axes.set_ylim(0, 1.1 * axes.get_ylim()[1])  # room for what is written above the highest point
    if plot.falling_x:
        axes.invert_xaxis()
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    if plot.names:
        axes.set_xticks(range(len(plot.names)), plot.names)
    elif plot.log_x:
        axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    if plot.log_y:
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
