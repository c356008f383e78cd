"""The paths of a net as a table and as JSON."""

from __future__ import annotations

import json
from fractions import Fraction

from resdsl.analysis.paths import EFFECTIVE, Paths
from resdsl.tables import Cell, Column, Number, Real, Table

_LEAST = Fraction(1, 2000)
"""Rows at either end whose shares are below this are one row."""

Band = tuple[int, int]


def paths_table(name: str, paths: Paths, what: str, bands: tuple[Band, ...] = (), *, whole: bool = False) -> Table:
    """A row for each length; `what` is what a length counts, `whole` keeps the rows of the thin ends apart.

    `bands` are ranges of lengths whose share is told below, beside those of the papers.
    """
    columns = [Column(what, right=True), Column("paths", right=True), Column("share", right=True)]
    columns.append(Column("up to here", right=True, name="cumulative"))
    if paths.expected is not None:
        columns.append(Column("expected paths", right=True, name="expected_paths"))
    if paths.depths is not None:
        columns.append(Column("chance of so many executed", right=True, name="chance"))
    rows = [_row(paths, first, last) for first, last in _ranges(paths, whole=whole)]
    total = paths.lengths.total
    title = f"{name}: {_number(total).text} paths"
    if total > 2 and int(total).bit_count() == 1:
        title += f" (2^{int(total).bit_length() - 1})"
    return Table(tuple(columns), tuple(rows), title, _notes(paths, what, bands))


def paths_json(name: str, paths: Paths, what: str) -> str:
    """Exact counts; shares and chances as real numbers."""
    lengths = paths.lengths
    data: dict[str, object] = {
        "model": name,
        "by": what,
        "units": paths.units,
        "total": lengths.total,
        "mean": float(lengths.mean),
        "variance": float(lengths.variance),
        "central_95": list(lengths.central()),
        "paths": list(lengths.weights),
        "shares": [float(share) for share in lengths.shares()],
    }
    if paths.depths is not None and paths.expected is not None:
        data["expected_depth"] = float(paths.depths.mean)
        data["depth_chances"] = [float(chance) for chance in paths.depths.weights]
        data["expected_shares"] = [float(share) for share in paths.expected.shares()]
    return json.dumps(data, indent=2) + "\n"


def _ranges(paths: Paths, *, whole: bool) -> list[Band]:
    shares = paths.lengths.shares()
    if paths.depths is not None:
        shares = tuple(max(one, other) for one, other in zip(shares, paths.depths.shares(), strict=True))
    places = [i for i, share in enumerate(shares) if share and (whole or share >= _LEAST)]
    if not places:
        return [(0, len(shares) - 1)]
    first, last = places[0], places[-1]
    found = [(i, i) for i in range(first, last + 1)]
    before = [(0, first - 1)] if any(shares[:first]) else []
    after = [(last + 1, len(shares) - 1)] if any(shares[last + 1 :]) else []
    return [*before, *found, *after]


def _row(paths: Paths, first: int, last: int) -> tuple[Cell, ...]:
    lengths = paths.lengths
    cells: list[Cell] = [
        Number(first, str(first) if first == last else f"{first}..{last}"),
        _number(sum(lengths.weights[first : last + 1])),
        _share(lengths.share(first, last)),
        _share(lengths.share(0, last)),
    ]
    if paths.expected is not None:
        cells.append(_number(sum(paths.expected.weights[first : last + 1])))
    if paths.depths is not None:
        cells.append(_share(paths.depths.share(first, last)))
    return tuple(cells)


def _notes(paths: Paths, what: str, bands: tuple[Band, ...]) -> tuple[str, ...]:
    lengths = paths.lengths
    low, high = lengths.central()
    deviation = float(lengths.variance) ** 0.5
    notes = [
        f"mean {_decimal(lengths.mean)} {what}, standard deviation {deviation:.3g}",
        f"at least 95 % of the paths have {low} to {high} {what}: {_share(lengths.share(low, high)).text}",
    ]
    if what == "units" and paths.units >= EFFECTIVE[1]:
        said = "units, the effective paths of 54 units in arXiv:1605.06431"
        notes.append(f"{EFFECTIVE[0]} to {EFFECTIVE[1]} {said}: {_share(lengths.share(*EFFECTIVE)).text}")
    notes += [f"{first} to {last} {what}: {_share(lengths.share(first, last)).text}" for first, last in bands]
    if paths.depths is not None:
        low, high = paths.depths.central()
        notes.append(
            f"executed in a training step: {_decimal(paths.depths.mean)} of {paths.units} units on average, "
            f"{low} to {high} in at least 95 % of the steps"
        )
    return tuple(notes)


def _decimal(value: Fraction) -> str:
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.6g}"


def _share(value: Fraction) -> Number:
    return Number(value, f"{float(value):.6f}")


def _number(value: Real) -> Number:
    """Whole up to 16 digits, else in powers of ten (or of two, where it is one): a count of paths outgrows floats."""
    whole = int(value)
    if whole != value and whole < 10**9:
        return Number(value, f"{float(value):.6g}")
    if whole < 10**17:
        return Number(value, f"{whole:,}")
    exponent = (whole.bit_length() - 1) * 30103 // 100000
    while whole // 10**exponent >= 10:
        exponent += 1
    digits = whole // 10 ** (exponent - 4)
    return Number(value, f"{digits // 10**4}.{digits % 10**4:04}e{exponent}")
