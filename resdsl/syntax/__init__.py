"""Text to tree. The only package that knows Lark, which it imports when something is parsed."""

from __future__ import annotations

from resdsl.diagnostics import Report
from resdsl.files import read_source
from resdsl.limits import DEFAULT, Deadline, Limits
from resdsl.source import Source
from resdsl.syntax import tree

__all__ = ["parse", "parse_expression", "read_source", "tree"]


def parse(source: Source, report: Report, *, limits: Limits = DEFAULT, deadline: Deadline | None = None) -> tree.File:
    """The tree of a text: always what parsed; every fault goes into the report."""
    from resdsl.syntax import parsing

    return parsing.parse(source, report, limits=limits, deadline=deadline)


def parse_expression(source: Source, report: Report, *, limits: Limits = DEFAULT) -> tree.Expr | None:
    """The expression that a whole text is (`--set k=v`), or `None` with a fault in the report."""
    from resdsl.syntax import parsing

    return parsing.parse_expression(source, report, limits=limits)
