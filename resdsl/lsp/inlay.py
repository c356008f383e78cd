"""Shapes at the ends of lines: what the last step that ends there gives."""

from __future__ import annotations

from resdsl.lsp.documents import PlacedStep, Snapshot, Workspace
from resdsl.lsp.hover import shapes_text, step_text
from resdsl.lsp.positions import Encoding
from resdsl.records import Record


class Inlay(Record):
    offset: int
    text: str
    tooltip: str


def inlays(workspace: Workspace, snapshot: Snapshot, start: int, end: int) -> list[Inlay]:
    """The hints of the lines from one offset to another."""
    positions = snapshot.positions(Encoding.UTF32)
    first, last = positions.line_of(start), positions.line_of(end)
    by_line: dict[int, PlacedStep] = {}
    for step in workspace.steps(snapshot):
        line = positions.line_of(step.end)
        if first <= line <= last and step.step.title != "input":
            known = by_line.get(line)
            if known is None or (step.end, -step.start) >= (known.end, -known.start):
                by_line[line] = step
    ends = _code_ends(snapshot)
    return [
        Inlay(max(ends.get(line, 0), step.end), shapes_text(step.step), step_text(step))
        for line, step in sorted(by_line.items())
    ]


def _code_ends(snapshot: Snapshot) -> dict[int, int]:
    """Where the last word of each line ends, comments left out."""
    positions = snapshot.positions(Encoding.UTF32)
    words = (w for w in snapshot.raw_words if w.kind not in {"COMMENT", "_NL"})
    return {positions.line_of(word.start): word.end for word in words}
