"""Docstrings of generated code: what the spec's author wrote, otherwise what the structure says."""

from __future__ import annotations

import re
import textwrap

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


def class_docstring(graph: Graph, scope: Scope) -> list[str]:
    """The docstring of a class, on lines inside its body."""
    text = comment_at(scope.site) if scope.site is not None and scope.kind is ScopeKind.BLOCK else None
    text = safe(text) if text else _structure(graph, scope)
    text = text[0].upper() + text[1:]
    if not text.endswith((".", "!", "?", ":")):
        text += "."
    if len(text) <= 78:
        return [f'    """{text}"""']
    lines = textwrap.wrap(text, 80)
    return [f'    """{lines[0]}', *(f"    {line}" for line in lines[1:]), '    """']


def _structure(graph: Graph, scope: Scope) -> str:
    """A sentence on what a block consists of."""
    kinds = {below.kind for below in scope.walk()}
    skipped = {id_ for s in scope.walk() if s.kind is ScopeKind.SHORTCUT for id_ in s.nodes()}
    parts = []
    for id_ in scope.nodes():
        node = graph.node(id_)
        if id_ not in skipped and node.op.kind in ("conv", "linear"):
            k = getattr(node.op, "k", None)
            size = "" if k is None else f"{k}x{k} " if isinstance(k, int) else "x".join(map(str, k)) + " "
            parts.append(f"{size}{'convolution' if node.op.kind == 'conv' else 'linear layer'}")
    if len(parts) > 4:
        body = f"{len(parts)} layers"
    elif not parts:
        body = "no layers with weights of its own"
    else:
        body = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]
    if ScopeKind.GATE in kinds:
        return f"Gated unit: {body}, weighed against the shortcut."
    if ScopeKind.RESIDUAL in kinds:
        return f"Residual unit: {body}, added to the shortcut."
    if ScopeKind.DENSE in kinds:
        return f"Dense layer: {body}, concatenated to the input."
    if ScopeKind.MERGE in kinds:
        return f"Branches of {body}, merged."
    return f"{body[0].upper()}{body[1:]}."
