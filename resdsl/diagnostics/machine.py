"""Diagnostics for programs: JSON, and the workflow commands that GitHub shows beside the lines of a change.

docs/check.md describes both.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from resdsl.diagnostics.columns import visible
from resdsl.diagnostics.model import Diagnostic, Fix, Label
from resdsl.source import Span

JSON_VERSION = 1
LIBRARY = "std:"
"""What the names of the library's sources begin with: no host of code has these files."""


def render_json(diagnostics: Iterable[Diagnostic], files: Sequence[Mapping[str, Any]] | None = None) -> str:
    """All of them as one JSON object; `version` changes when a key goes or changes its meaning.

    `files`, if there are any, says what was looked at.
    """
    found = [
        {
            "code": d.code,
            "severity": d.severity.value,
            "message": d.message,
            **_place(d.span),
            "label": d.primary.message,
            "secondary": [{**_place(label.span), "message": label.message} for label in d.secondary],
            "notes": list(d.notes),
            "help": d.help,
            "trace": [{**_place(frame.span), "message": frame.message} for frame in d.trace],
            "fixes": [_fix(fix) for fix in d.fixes],
        }
        for d in diagnostics
    ]
    looked_at = {} if files is None else {"files": list(files)}
    return json.dumps({"version": JSON_VERSION, **looked_at, "diagnostics": found}, indent=2) + "\n"


def render_github(diagnostics: Iterable[Diagnostic]) -> str:
    """A workflow command each, with notes and help in its message."""
    return "".join(f"{_command(d)}\n" for d in diagnostics)


def _place(span: Span) -> dict[str, str | int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"file": span.source.name, "line": line, "column": column, "end_line": end_line, "end_column": end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    edits = [{**_place(edit.span), "text": edit.text} for edit in fix.edits]
    return {"message": fix.message, "safe": fix.safe, "edits": edits}


def own_place(diagnostic: Diagnostic) -> Label:
    """The label that a host of code can show: the primary one, or where a file of the user led into the library."""
    primary = diagnostic.primary
    if not primary.span.source.name.startswith(LIBRARY):
        return primary
    places = [*diagnostic.secondary, *(Label(frame.span, frame.message) for frame in diagnostic.trace)]
    return next((label for label in places if not label.span.source.name.startswith(LIBRARY)), primary)


def _command(diagnostic: Diagnostic) -> str:
    span = own_place(diagnostic).span
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    properties: dict[str, str | int] = {"file": visible(span.source.name), "line": line}
    if end_line == line:  # GitHub takes columns for a range within a line alone
        properties |= {"col": column, "endColumn": max(end_column, column + 1)}
    properties |= {"endLine": end_line, "title": f"resdsl {diagnostic.code}"}
    listed = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    said = [diagnostic.message, *([] if span is diagnostic.span else [f"at {diagnostic.span}"])]
    said += [f"note: {note}" for note in diagnostic.notes]
    said += [f"help: {diagnostic.help}"] if diagnostic.help else []
    said += [f"{frame.message} ({frame.span})" for frame in diagnostic.trace]
    return f"::{diagnostic.severity.value} {listed}::{_data(chr(10).join(visible(line) for line in said))}"


def _data(text: str) -> str:
    """A message as a workflow command carries it."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """The value of a property: its own separators are escaped too."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
