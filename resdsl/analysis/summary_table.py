"""A summary as a table: which columns, in which units, with which lines below."""

from __future__ import annotations

from resdsl.analysis.memory_table import memory_table
from resdsl.analysis.summary import FLOPS, Row, Summary, gmacs
from resdsl.tables import Cell, Column, Number, Table, count, size

_UNITS = ((50_000_000, "GMACs", 10**9), (50_000, "MMACs", 10**6), (0, "MACs", 1))


def summary_tables(summary: Summary) -> tuple[Table, Table]:
    """The net's, without the columns that say nothing, and that of its memory."""
    return summary_table(summary).dense(), memory_table(summary.memory).dense()


def summary_table(summary: Summary) -> Table:
    """A row for each of the summary's; what a training step keeps is told for the first of its batch sizes."""
    batch, dtype = summary.memory[0].batch, summary.memory[0].dtype
    unit, factor = next((name, factor) for least, name, factor in _UNITS if summary.macs >= least)
    columns = (
        Column("path"),
        Column("block"),
        Column("n", name="count"),
        Column("shortcuts"),
        Column("output"),
        Column("stride", right=True),
        Column("params", right=True),
        Column("%", right=True, name="params_percent"),
        Column(unit, right=True, name="macs"),
        Column("act. MiB", right=True, name="activation_bytes"),
        Column("rec. field", right=True, name="receptive_field"),
        Column("offset", right=True),
        Column("from"),
    )
    rows = tuple(_cells(row, summary, factor, batch, dtype) for row in summary.rows)
    title = f"{summary.model}: {summary.input} -> {summary.output}"
    return Table(columns, rows, title, _notes(summary))


def _cells(row: Row, summary: Summary, factor: int, batch: int, dtype: str) -> tuple[Cell, ...]:
    share = 100 * row.params / summary.params if summary.params else 0.0
    kept = row.kept.bytes(batch, dtype)
    return (
        row.path,
        row.block,
        Number(row.count, f"x{row.count}" if row.count > 1 else ""),
        ", ".join(f"{kind} x{n}" if n > 1 else kind for kind, n in row.shortcuts),
        row.output,
        row.stride,
        count(row.params),
        Number(share, f"{share:.1f}"),
        Number(row.macs, f"{row.macs / factor:.3f}" if factor > 1 else f"{row.macs:,}"),
        Number(kept, f"{kept / 2**20:.2f}"),
        _ranges(row.field),
        _ranges(row.offset),
        ", ".join(row.sources),
    )


def _ranges(axes: tuple[tuple[str, str], ...]) -> str:
    """`11..427`, once if it is the same along all axes."""
    ranges = [low if low == high else f"{low}..{high}" for low, high in axes]
    return ranges[0] if len(set(ranges)) == 1 else "x".join(ranges)


def _notes(summary: Summary) -> tuple[str, ...]:
    expected = "" if summary.expected_depth == summary.units else f" ({summary.expected_depth:g} expected in training)"
    fits = summary.fits
    return (
        f"{summary.params:,} parameters, {summary.buffers} buffers, {summary.state_dict_keys} keys",
        f"{gmacs(summary.macs)} GMACs ({FLOPS}), depth {summary.depth}, {summary.units} residual units{expected}",
        f"{gmacs(summary.elementwise)} G elements computed by everything else, apart from these",
        *((f"sides of the input: {summary.sides}",) if summary.sides else ()),
        *(
            (f"{size(fits.bytes)} hold {_batch(fits.training)} in training, {_batch(fits.inference)} in inference",)
            if fits
            else ()
        ),
    )


def _batch(largest: int) -> str:
    return f"a batch of {largest:,}" if largest else "not one input"
