"""Diagnostics as an editor shows them: each at a place of the text that is open, with the other places beside it."""

from __future__ import annotations

from resdsl.diagnostics import Diagnostic, Severity
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.fixes import compatible
from resdsl.diagnostics.model import Edit, Fix
from resdsl.lsp.checking import Findings
from resdsl.lsp.documents import Snapshot
from resdsl.lsp.paths import library, source_path
from resdsl.records import Record
from resdsl.source import Span


class Related(Record):
    span: Span
    message: str


class Shown(Record):
    """A diagnostic and where it is shown."""

    diagnostic: Diagnostic
    span: Span
    message: str
    related: tuple[Related, ...]
    unused: bool
    """Whether it says that something can go."""

    @property
    def warning(self) -> bool:
        return self.diagnostic.severity is Severity.WARNING


def shown(findings: Findings) -> list[Shown]:
    """The diagnostics of a text, in order of the places where they are shown."""
    found = [_shown(diagnostic, findings) for diagnostic in findings.diagnostics]
    return sorted(found, key=lambda each: (each.span.start, each.span.end, each.diagnostic.code))


def _shown(diagnostic: Diagnostic, findings: Findings) -> Shown:
    """A fault in another file is shown where this text leads to it: at the call, else at the `use`."""
    source = findings.source
    related = [Related(label.span, label.message or "here") for label in diagnostic.secondary]
    related += [Related(frame.span, frame.message) for frame in diagnostic.trace]
    span = diagnostic.span
    if span.source is not source:
        related.insert(0, Related(span, diagnostic.primary.message or diagnostic.message))
        own = [each.span for each in related if each.span.source is source]
        span = own[0] if own else _importing(diagnostic, findings)
    lines = [diagnostic.message]
    if diagnostic.primary.message and span is diagnostic.span and diagnostic.primary.message != diagnostic.message:
        lines.append(diagnostic.primary.message)
    lines += [f"note: {note}" for note in diagnostic.notes]
    if diagnostic.help is not None:
        lines.append(f"help: {diagnostic.help}")
    unused = diagnostic.code.startswith("W") and CODES.get(diagnostic.code, "").startswith("an unused")
    return Shown(diagnostic, span, "\n".join(lines), tuple(related), unused)


def _importing(diagnostic: Diagnostic, findings: Findings) -> Span:
    """The `use` of the file that a fault is in, or of the one that leads there; else the beginning of the text."""
    path = source_path(diagnostic.span.source)
    return next(
        (span for span, target in findings.uses if target == path),
        findings.uses[0][0] if findings.uses else Span(findings.source, 0, 0),
    )


class Action(Record):
    """A change that mends something."""

    title: str
    edits: tuple[Edit, ...]
    mends: tuple[Diagnostic, ...]
    preferred: bool
    everything: bool = False
    """Whether it is all safe fixes of the text at once."""


def actions(findings: Findings | None, snapshot: Snapshot, start: int, end: int) -> list[Action]:
    """The fixes of the faults that meet a range; none while the text is newer than what is known of it."""
    if findings is None or findings.source.text != snapshot.text:
        return []
    found: list[Action] = []
    for each in shown(findings):
        if each.span.start <= end and each.span.end >= start:
            safe = next((fix for fix in each.diagnostic.fixes if fix.safe), None)
            found += [
                Action(fix.message, fix.edits, (each.diagnostic,), fix is safe)
                for fix in each.diagnostic.fixes
                if _allowed(fix)
            ]
    offers = compatible(findings.diagnostics, findings.source)
    if offers:
        edits = tuple(dict.fromkeys(edit for _, fix in offers for edit in fix.edits))
        mended = tuple(diagnostic for diagnostic, _ in offers)
        count = f"{len(offers)} fault{'s' * (len(offers) > 1)}"
        found.append(Action(f"mend {count} that can be mended safely", edits, mended, preferred=False, everything=True))
    return found


def _allowed(fix: Fix) -> bool:
    """Whether a fix changes texts of the user alone."""
    paths = [source_path(edit.span.source) for edit in fix.edits]
    return bool(fix.edits) and not any(path is not None and path.is_relative_to(library()) for path in paths)


def new_lines(edit: Edit) -> str:
    """The text of an edit with newlines as its source has them."""
    return edit.text.replace("\n", "\r\n") if "\r\n" in edit.span.source.text else edit.text
