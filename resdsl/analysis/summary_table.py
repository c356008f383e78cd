"""A summary as a table: which columns, in which units, with which lines below."""

from __future__ import annotations

from resdsl.analysis.memory import ITEM_BYTES
from resdsl.analysis.summary import FLOPS, Row, Summary, gmacs
from resdsl.tables import Cell, Column, Number, Table, count, size

_UNITS = ((50_000_000, "GMACs", 10**9), (50_000, "MMACs", 10**6), (0, "MACs", 1))


def summary_table(summary: Summary, batch: int = 1, dtype: str = "float32") -> Table:
    """A row for each of the summary's; memory for a batch of inputs in a PyTorch type."""
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
    return Table(columns, rows, title, _notes(summary, batch, dtype))


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


def _notes(summary: Summary, batch: int, dtype: str) -> tuple[str, ...]:
    item = ITEM_BYTES[dtype]
    expected = "" if summary.expected_depth == summary.units else f" ({summary.expected_depth:g} expected in training)"
    gradients = summary.params * item
    weights = gradients + summary.state[0] * item + summary.state[1] * 8
    kept, live = summary.kept.bytes(batch, dtype), summary.live * item // 4 * batch
    inputs = f"{batch} input" if batch == 1 else f"{batch} inputs"
    everything = size(weights + gradients + kept)
    return (
        f"{summary.params:,} parameters, {summary.buffers} buffers, {summary.state_dict_keys} keys",
        f"{gmacs(summary.macs)} GMACs ({FLOPS}), depth {summary.depth}, {summary.units} residual units{expected}",
        f"{gmacs(summary.elementwise)} G elements computed by everything else, apart from these",
        *((f"sides of the input: {summary.sides}",) if summary.sides else ()),
        f"{inputs} in {dtype}:",
        f"  training {everything}: {size(weights)} weights, {size(gradients)} gradients, {size(kept)} activations",
        f"  inference {size(weights + live)}: {size(weights)} weights, {size(live)} values at most",
    )
