"""Results as tables and as a plot."""

from __future__ import annotations

from resdsl.plots.model import Plot, Series
from resdsl.runtime.bench.job import BASELINE, CONTROL
from resdsl.runtime.bench.protocol import WIDEST, Ratio
from resdsl.runtime.bench.results import Case, Results
from resdsl.tables import Cell, Column, Number, Table, size


def tables(results: Results, baseline: str = BASELINE) -> list[Table]:
    """One for each case, and one for each kind of call that several nets have."""
    found = [case_table(results, case, baseline) for case in results.cases]
    means = [means_table(results, kind, baseline) for kind in results.kinds() if len(results.of(kind)) > 1]
    return found + [table for table in means if table.rows]


def case_table(results: Results, case: Case, baseline: str = BASELINE) -> Table:
    """The variants of one case. Without ratios where the baseline was left out."""
    columns = (
        Column("variant"), Column("ms", right=True), Column("images/s", right=True),
        Column(f"speed, {baseline} = 1", right=True), Column("bracket", right=True), Column("verdict"),
        Column("of peak", right=True), Column("set-up s", right=True), Column("memory", right=True),
        Column("activations", right=True),
    )  # fmt: skip
    rows = tuple(_row(results, case, name, baseline) for name in case.entries)
    peer = f"baseline {case.peer}" if case.peer else "no peer: the baseline is the plain module"
    title = f"{case.net}, {case.input}: {case.kind}; {peer}"
    return Table(columns, rows, title, tuple(_notes(case))).dense()


def _row(results: Results, case: Case, name: str, baseline: str) -> tuple[Cell, ...]:
    entry, share = case.entries[name], results.of_peak(case, name)
    ratios: tuple[Cell, ...] = ("", "", "")
    if baseline in case.entries:
        ratios = (*_ratio(case.speed(name, baseline)), case.verdict(name, baseline))
    rate = case.images_per_second(name)
    return (
        name,
        Number(1000 * entry.times.p20, f"{1000 * entry.times.p20:.2f}"),
        Number(rate, f"{rate:,.1f}" if rate < 1000 else f"{rate:,.0f}"),
        *ratios,
        "" if share is None else Number(share, f"{100 * share:.0f} %"),
        "" if entry.setup_seconds is None else Number(entry.setup_seconds, f"{entry.setup_seconds:.1f}"),
        _size(entry.memory_bytes),
        _size(entry.activation_bytes),
    )


def _notes(case: Case) -> list[str]:
    control = case.speed(CONTROL)
    noise = (
        [f"no verdicts: two equal modules differ by {control.low:.2f} to {control.high:.2f}"]
        if control.width > WIDEST
        else []
    )
    return [
        *noise,
        *(f"{name}: {'; '.join(entry.said)}" for name, entry in case.entries.items() if entry.said),
        *(f"left out: {name}: {reason}" for name, reason in case.left_out.items()),
        *(f"refused: {name}: {reason}" for name, reason in case.refused.items()),
    ]


def means_table(results: Results, kind: str, baseline: str = BASELINE) -> Table:
    """Geometric means of the speeds over the nets, and the nets one by one."""
    cases = [case for case in results.of(kind) if baseline in case.entries]
    means = results.means(kind, baseline)
    columns = (
        Column("variant"), Column(f"speed, {baseline} = 1", right=True), Column("bracket", right=True),
        Column("verdict"), Column("nets", right=True), *(Column(case.net, right=True) for case in cases),
    )  # fmt: skip
    rows = []
    for name, (found, nets) in means.items():
        each = [case.speed(name, baseline) if name in case.entries else None for case in cases]
        rows.append(
            (
                name,
                *_ratio(found),
                results.mean_verdict(kind, name, baseline),
                Number(nets, str(nets)),
                *(_ratio(speed)[0] if speed else "" for speed in each),
            )
        )
    return Table(columns, tuple(rows), f"geometric mean: {kind}")


def speeds(results: Results, baseline: str = BASELINE) -> Plot:
    """Speeds by net, a bar each variant, with its bracket."""
    cases = [case for case in results.cases if baseline in case.entries]
    names = list(dict.fromkeys(name for case in cases for name in case.entries if name not in (baseline, CONTROL)))
    series = []
    for name in names:
        places = tuple(i for i, case in enumerate(cases) if name in case.entries)
        each = [cases[i].speed(name, baseline) for i in places]
        values, low, high = zip(*((one.ratio, one.low, one.high) for one in each), strict=True)
        series.append(Series(name, places, values, "bars", low, high))
    several = len(results.kinds()) > 1
    labels = tuple(f"{case.net}\n{case.dtype}, batch {case.batch}" if several else case.net for case in cases)
    title = f"Speed, {baseline} = 1" + ("" if several or not cases else f": {cases[0].kind}")
    return Plot(title, "", f"times {baseline}", tuple(series), names=labels, level=1)


def _ratio(found: Ratio) -> tuple[Number, str]:
    return Number(found.ratio, f"{found.ratio:.2f}"), f"{found.low:.2f} to {found.high:.2f}"


def _size(value: int | None) -> Cell:
    return "" if value is None else Number(value, size(value))
