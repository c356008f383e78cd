"""Docstrings of generated code: what the spec's author wrote, otherwise what the structure says."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from resdsl.analysis.metrics import metrics
from resdsl.graph import Graph, Scope, ScopeKind
from resdsl.source import Span


def safe(text: str) -> str:
    """Text that cannot end a docstring or escape from it, on lines without trailing blanks."""
    text = text.replace("\\", "\\\\").replace('"""', "'''")
    text = "".join(ch if ch == "\n" or ch.isprintable() else " " for ch in text)
    text = "\n".join(line.rstrip() for line in text.split("\n")).strip()
    return text[:-1] + "'" if text.endswith('"') else text


def comment_at(span: Span) -> str | None:
    """The comment above a definition, or at the end of its first line."""
    source = span.source
    number = span.line
    above: list[str] = []
    at = number - 1
    while at >= 1 and source.line(at).lstrip().startswith("#"):
        above.insert(0, source.line(at).strip().lstrip("#").strip())
        at -= 1
    if above and at >= 1:
        return " ".join(above)
    same = re.search(r"\{\s*#\s*(.+)$", source.line(number))
    return same.group(1).strip() if same else None


def class_docstring(graph: Graph, scopes: Sequence[Scope]) -> list[str]:
    """The docstring of a class, on lines inside its body; `scopes` are different uses of it."""
    scope = scopes[0]
    written = scope.site is not None and scope.kind is ScopeKind.BLOCK and not any(use.rewritten for use in scopes)
    text = comment_at(scope.site) if scope.site is not None and written else None
    if text:
        text = safe(text)
    else:
        told = {_structure(graph, use) for use in scopes[:100]}
        text = told.pop() if len(told) == 1 else re.sub(r"\b(\d+x)+\d+ |\b\d+-wide ", "", _structure(graph, scope))
    text = text[0].upper() + text[1:]
    if not text.endswith((".", "!", "?", ":")):
        text += "."
    if len(text) <= 80:
        return [f'    """{text}"""']
    lines = textwrap.wrap(text, 80)
    return [f'    """{lines[0]}', *(f"    {line}" for line in lines[1:]), '    """']


def _structure(graph: Graph, scope: Scope) -> str:
    """A sentence on what a class consists of."""
    kinds = {below.kind for below in scope.walk()}
    aside = {id_ for s in scope.walk() if s.kind in (ScopeKind.SHORTCUT, ScopeKind.GATE) for id_ in s.nodes()}
    body = _layers(graph, [id_ for id_ in scope.nodes() if id_ not in aside])
    if scope.parent is None:
        units, stages = len(graph.units), sum(s.kind is ScopeKind.STAGE for s in scope.walk())
        inside = f", {_count(units, 'residual unit')}" if units else ""
        where = f" in {_count(stages, 'stage')}" if stages else ""
        return f"A network of {_count(metrics(graph).depth, 'layer')}{inside}{where}"
    if ScopeKind.GATE in kinds:
        return f"Gated unit: {body}, weighed against the shortcut"
    if ScopeKind.RESIDUAL in kinds:
        return f"Residual unit: {body}, added to the shortcut"
    if ScopeKind.DENSE in kinds:
        return f"Dense layer: {body}, concatenated to the input"
    return f"{body}, in branches that are merged" if ScopeKind.MERGE in kinds else body


def _layers(graph: Graph, nodes: list[int]) -> str:
    """`1x1, 3x3 and 1x1 convolutions`."""
    found: list[tuple[str, str]] = []
    for node in map(graph.node, nodes):
        if node.op.kind in ("conv", "deconv"):
            k = [window.kernel for window in node.op.windows(graph.shapes(node))]
            found.append(("convolution", "x".join(map(str, k)) if len(k) > 1 else f"{k[0]}-wide"))
        elif node.op.kind == "linear":
            found.append(("linear layer", ""))
    if len(found) > 4:
        return f"{len(found)} convolutions and linear layers"
    if not found:
        return "Operators without convolutions"
    if len(found) == 1 or len({noun for noun, _ in found}) > 1:
        parts = [f"{size} {noun}".strip() for noun, size in found]
        return _listed([part if size else f"a {part}" for part, (_, size) in zip(parts, found, strict=True)])
    sizes = [size for _, size in found]
    if len(set(sizes)) == 1:
        return f"{('two', 'three', 'four')[len(sizes) - 2]} {sizes[0]} {found[0][0]}s".replace("  ", " ")
    return f"{_listed(sizes)} {found[0][0]}s"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
