"""What a plot is: series of numbers under labels. No Matplotlib here."""

from __future__ import annotations

from resdsl.records import Record
from resdsl.tables import Cell, Column, Number, Real, Table


class Series(Record):
    """`y` over `x`, drawn as `bars`, `line`, `steps`, `points` or `band` (from `low` up to `y`).

    Bars may have a bracket, from `low` to `high`.
    """

    name: str
    x: tuple[Real, ...]
    y: tuple[Real, ...]
    form: str = "line"
    low: tuple[Real, ...] = ()
    high: tuple[Real, ...] = ()
    texts: tuple[str, ...] = ()
    """What is written at each point."""


class Range(Record):
    """A part of the x axis that is marked and named."""

    first: Real
    last: Real
    name: str


class Plot(Record):
    """One pair of axes."""

    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    names: tuple[str, ...] = ()
    """Of the places 0, 1, ... on an x axis of words."""
    ranges: tuple[Range, ...] = ()
    log_x: bool = False
    log_y: bool = False
    level: Real | None = None
    """Where a line is drawn across, to compare with."""
    falling_x: bool = False
    """Whether x falls to the right (a resolution)."""

    def table(self) -> Table:
        """Every point: for a spreadsheet, or to draw it elsewhere."""
        banded, bracketed = any(series.low for series in self.series), any(series.high for series in self.series)
        columns = (
            Column("series"),
            Column(self.x_label, right=True),
            *(Column(head, right=True) for head in self._heads(banded, bracketed)),
        )
        rows: list[tuple[Cell, ...]] = []
        for series in self.series:
            for i, (x, y) in enumerate(zip(series.x, series.y, strict=True)):
                place: Cell = self.names[int(x)].replace("\n", "") if self.names else _number(x)
                low: tuple[Cell, ...] = (_number(series.low[i]) if series.low else "",) if banded else ()
                high: tuple[Cell, ...] = (_number(series.high[i]) if series.high else "",) if bracketed else ()
                rows.append((series.name, place, *low, _number(y), *high))
        return Table(columns, tuple(rows), self.title)

    def _heads(self, banded: bool, bracketed: bool) -> tuple[str, ...]:
        if bracketed:
            return f"{self.y_label}, lowest", self.y_label, f"{self.y_label}, highest"
        return (f"{self.y_label}, lowest", f"{self.y_label}, highest") if banded else (self.y_label,)


def _number(value: Real) -> Number:
    return Number(value, f"{float(value):g}")
