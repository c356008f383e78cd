"""Deletions that leave the rest of a text as it was."""

from __future__ import annotations

import re

from resdsl.diagnostics.model import Edit
from resdsl.source import Source, Span
from resdsl.syntax import tree
from resdsl.syntax.walking import constructs

_NEXT = re.compile(r"[ \t]*;[ \t]*")
_COMMENT = re.compile(r"[ \t]*(#.*)?$")


def without_statement(span: Span) -> Edit | None:
    """A statement taken out: its lines if it has them alone, or itself with a `;` beside it. `None` where neither is
    so, or where a comment would go with it."""
    source = span.source
    text = source.text
    first = text.rfind("\n", 0, span.start) + 1
    end = text.find("\n", span.end)
    end = len(text) if end < 0 else end
    before, after = text[first : span.start], text[span.end : end]
    if not before.strip():
        if not after.strip():
            return Edit(_lines(source, first, min(end + 1, len(text))), "")
        if follows := _NEXT.match(after):
            return Edit(Span(source, span.start, span.end + follows.end()), "")
        return None
    if before.rstrip().endswith(";") and _COMMENT.match(after):
        return Edit(Span(source, first + len(before.rstrip()) - 1, span.end), "")
    if follows := _NEXT.match(after):
        return Edit(Span(source, span.start, span.end + follows.end()), "")
    return None


def _lines(source: Source, start: int, end: int) -> Span:
    """Whole lines; where blank lines stand on both sides, those after them as well."""
    text = source.text
    if start == 0 or text[:start].endswith("\n\n"):
        while text.startswith("\n", end):
            end += 1
    return Span(source, start, end)


def without_comment(span: Span) -> Edit:
    """A comment taken out, with its line if it has one alone."""
    source = span.source
    before = source.text[source.text.rfind("\n", 0, span.start) + 1 : span.start]
    if not before.strip():
        return Edit(Span(source, span.start - len(before), min(span.end + 1, len(source.text))), "")
    return Edit(Span(source, span.start - (len(before) - len(before.rstrip())), span.end), "")


def without_import(use: tree.Use, name: str) -> Edit | None:
    """A name taken out of a `use`, or all of it if there is no other."""
    if len(use.names) == 1:
        return without_statement(use.span)
    at = next(index for index, ident in enumerate(use.names) if ident.name == name)
    ident = use.names[at]
    if at == 0:
        return _unless_comment(Span(use.span.source, ident.span.start, use.names[1].span.start))
    return _unless_comment(Span(use.span.source, use.names[at - 1].span.end, ident.span.end))


def _unless_comment(span: Span) -> Edit | None:
    return None if "#" in span.text else Edit(span, "")


def without_step(file: tree.File, unit: tree.Unit) -> Edit | None:
    """A step taken out of its flow with the arrow beside it; `None` where a comment would go with it."""
    flow = next((flow for flow in _flows(file) if any(step.unit is unit for step in flow.steps)), None)
    if flow is None:
        return None
    at = next(index for index, step in enumerate(flow.steps) if step.unit is unit)
    steps = flow.steps
    if len(steps) == 1:
        return without_statement(flow.span)
    start, end = (steps[0].span.start, steps[1].span.start) if at == 0 else (steps[at - 1].span.end, steps[at].span.end)
    return _unless_comment(Span(flow.span.source, start, end))


def _flows(file: tree.File) -> list[tree.Flow]:
    bodies = [item.body for item in file.items if isinstance(item, tree.Block | tree.Model)]
    return [item for body in bodies for item in constructs(body) if isinstance(item, tree.Flow)]
