"""The peaks of memory as a table: a row a batch size and kind of run."""

from __future__ import annotations

from collections.abc import Sequence

from resdsl.analysis.peak import Memory, Peak
from resdsl.tables import Cell, Column, Number, Table, size

RUNS = (("inference", "inference"), ("first step", "first"), ("training", "training"), ("accumulating", "accumulating"))
"""Kinds of run, as people read them and as `Memory` has them."""

_PARTS = ("weights", "gradients", "optimizer", "activations", "passing")


def memory_table(memories: Sequence[Memory]) -> Table:
    """Peaks for batch sizes of one net, type and optimizer; a first step that is as later ones are has no row."""
    first = memories[0]
    columns = (
        Column("batch", right=True),
        Column("run"),
        Column("peak", right=True, name="peak_bytes"),
        *(Column(part, right=True, name=f"{part}_bytes") for part in _PARTS),
        Column("when"),
    )
    rows = [
        _row(memory, name, getattr(memory, field))
        for memory in memories
        for name, field in RUNS
        if field != "first" or memory.first != memory.training
    ]
    return Table(columns, tuple(rows), f"memory at its most, {first.dtype}, {first.optimizer}")


def _row(memory: Memory, name: str, peak: Peak) -> tuple[Cell, ...]:
    parts = [getattr(peak, part) for part in _PARTS]
    return (
        Number(memory.batch, f"{memory.batch:,}"),
        name,
        Number(peak.total, size(peak.total)),
        *(Number(part, size(part) if part else "") for part in parts),
        f"{peak.moment} of {peak.path}" if peak.path else peak.moment,
    )
