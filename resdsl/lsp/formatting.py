"""The canonical form, as changes of the lines that differ."""

from __future__ import annotations

from difflib import SequenceMatcher

from resdsl.diagnostics import Report
from resdsl.lsp.documents import Snapshot
from resdsl.records import Record
from resdsl.syntax.format import format_source


class Change(Record):
    """A range of the text, in code points, and what takes its place."""

    start: int
    end: int
    text: str


def formatting(snapshot: Snapshot) -> list[Change] | None:
    """What `resdsl fmt` would change; `None` for a text with faults of syntax."""
    text = format_source(snapshot.source, Report(), limits=snapshot.limits)
    if text is None:
        return None
    old, new = snapshot.text.splitlines(keepends=True), text.splitlines(keepends=True)
    starts = [0]
    for line in old:
        starts.append(starts[-1] + len(line))
    matcher = SequenceMatcher(a=old, b=new, autojunk=False)
    return [
        Change(starts[a], starts[b], "".join(new[c:d])) for tag, a, b, c, d in matcher.get_opcodes() if tag != "equal"
    ]
