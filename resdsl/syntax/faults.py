"""Where the faults of one text go, and how far they reach."""

from __future__ import annotations

from typing import Any

from lark.lexer import Token

from resdsl.diagnostics import Diagnostic, Label, Report
from resdsl.diagnostics.remedies import REMEDIES
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.syntax.pieces import Kid


class Faults:
    """A source with the report of its faults. `last_fault` is where the furthest one stands, -1 without any."""

    def __init__(self, source: Source, report: Report, limits: Limits) -> None:
        self.source = source
        self.report = report
        self.limits = limits
        self.last_fault = -1

    def complain(self, code: str, message: str, span: Span, **more: Any) -> None:
        """Report a fault; the definition around it is faulty."""
        self.last_fault = max(self.last_fault, span.start)
        more["help"] = more.get("help") or REMEDIES.get(code)
        self.report.add(Diagnostic(code, message, Label(span), **more))

    def span(self, kid: Kid | Token) -> Span:
        """Where a token or a piece stands."""
        return Span(self.source, kid.start_pos or 0, kid.end_pos or 0)
