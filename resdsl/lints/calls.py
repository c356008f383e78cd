"""From a node back to the text: the call that made it, and the `default` that gave it an argument."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.graph import Node
from resdsl.lints.base import Net, in_library
from resdsl.source import Span
from resdsl.syntax import tree
from resdsl.syntax.walking import children


def call_at(net: Net, span: Span) -> tree.Call | None:
    """The call whose text a span is."""
    file = net.files.get(span.source)
    for call in _walk(file, span) if file else ():
        if isinstance(call, tree.Call) and call.span == span:
            return call
    return None


def bias_in(call: tree.Call) -> tree.Arg | None:
    """The argument `bias` of a call."""
    return next((arg for arg in call.args or () if arg.name is not None and arg.name.name == "bias"), None)


def default_bias(net: Net, node: Node) -> tree.Arg | None:
    """The `bias` that a `default` of the user gives a node: of those before it in the braces around it, and around the
    calls that led to it, the innermost and last."""
    for span in (node.span, *(frame.span for frame in node.trace)):
        file = net.files.get(span.source)
        if file is None or in_library(span):
            continue
        found = None
        for item in _walk(file, span):  # from the outside in, so that the last one found counts
            if isinstance(item, tree.Body):
                for stmt in item.stmts:
                    if isinstance(stmt, tree.Default) and stmt.span.start < span.start:
                        given = bias_in(stmt.call) if stmt.call.name.name == node.op.kind else None
                        found = given or found
        if found is not None:
            return found
    return None


def _walk(file: tree.File, span: Span) -> Iterator[tree.Node]:
    """What lies around a span, from the outside in, and what has its very place."""
    stack: list[tree.Node] = list(file.items)
    while stack:
        item = stack.pop()
        if item.span.start <= span.start and span.end <= item.span.end:
            yield item
            stack.extend(children(item))
