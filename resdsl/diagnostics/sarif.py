"""Diagnostics as SARIF 2.1.0 (OASIS), which code hosts and editors read; docs/check.md says what is in it."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.explain import explain
from resdsl.diagnostics.machine import LIBRARY, own_place
from resdsl.diagnostics.model import Diagnostic, Fix, Frame, Label
from resdsl.source import Span

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(diagnostics: Iterable[Diagnostic], version: str) -> str:
    """One run of this tool, of that version; its rules are the pages of the codes that were found."""
    found = tuple(diagnostics)
    codes = sorted({diagnostic.code for diagnostic in found})
    run = {
        "tool": {"driver": {"name": "resdsl", "version": version, "rules": [_rule(code) for code in codes]}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(diagnostic, codes.index(diagnostic.code)) for diagnostic in found],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, Any]:
    title, page = CODES[code], explain(code) or ""
    return {
        "id": code,
        "shortDescription": {"text": title},
        "fullDescription": {"text": _opening(page) or title},
        "help": {"text": page, "markdown": page},
        "defaultConfiguration": {"level": "error" if code.startswith("E") else "warning"},
    }


def _opening(page: str) -> str:
    """The first paragraph of a page, below its title, as one line."""
    paragraphs = [part for part in page.split("\n\n") if part and not part.startswith("#")]
    return " ".join(paragraphs[0].split()) if paragraphs else ""


def _result(diagnostic: Diagnostic, rule: int) -> dict[str, Any]:
    place = own_place(diagnostic)
    said = [diagnostic.message, *(f"note: {note}" for note in diagnostic.notes)]
    said += [f"help: {diagnostic.help}"] if diagnostic.help else []
    result: dict[str, Any] = {
        "ruleId": diagnostic.code,
        "ruleIndex": rule,
        "level": diagnostic.severity.value,
        "message": {"text": "\n".join(said)},
        "locations": [_location(place)],
    }
    related = [label for label in (diagnostic.primary, *diagnostic.secondary) if label is not place]
    if related:
        result["relatedLocations"] = [{"id": number, **_location(label)} for number, label in enumerate(related, 1)]
    if diagnostic.trace:
        result["stacks"] = [{"frames": [_frame(frame) for frame in diagnostic.trace]}]
    if diagnostic.fixes:
        result["fixes"] = [_fix(fix) for fix in diagnostic.fixes]
    return result


def _location(label: Label) -> dict[str, Any]:
    location: dict[str, Any] = {"physicalLocation": _physical(label.span)}
    if label.message:
        location["message"] = {"text": label.message}
    return location


def _frame(frame: Frame) -> dict[str, Any]:
    return {"location": {"physicalLocation": _physical(frame.span), "message": {"text": frame.message}}}


def _physical(span: Span) -> dict[str, Any]:
    return {"artifactLocation": {"uri": uri(span.source.name)}, "region": _region(span)}


def _region(span: Span) -> dict[str, int]:
    line, column = span.source.position(span.start)
    end_line, end_column = span.source.position(span.end)
    return {"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column}


def _fix(fix: Fix) -> dict[str, Any]:
    """A change an artifact, in order; whether it is safe is a property of ours."""
    changes: dict[str, list[dict[str, Any]]] = {}
    for edit in fix.edits:
        replacement = {"deletedRegion": _region(edit.span), "insertedContent": {"text": edit.text}}
        changes.setdefault(uri(edit.span.source.name), []).append(replacement)
    return {
        "description": {"text": fix.message},
        "artifactChanges": [
            {"artifactLocation": {"uri": place}, "replacements": replacements}
            for place, replacements in changes.items()
        ],
        "properties": {"safe": fix.safe},
    }


def uri(name: str) -> str:
    """The name of a source as a URI: relative where the path is, else `file:`; `std:` for the library."""
    if name.startswith(LIBRARY):
        return LIBRARY + quote(name.removeprefix(LIBRARY))
    path = Path(name)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix(), errors="surrogateescape")
