"""Faults with their places, and the limits that end elaboration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from resdsl.diagnostics import Diagnostic, Fault, Fix, Frame, Label, Report
from resdsl.diagnostics.remedies import REMEDIES
from resdsl.elaborate.context import Context, Current, Place
from resdsl.elaborate.library import is_library
from resdsl.graph import Scope
from resdsl.limits import Deadline, Limits
from resdsl.records import Record
from resdsl.source import Span


class Failed(Exception):  # noqa: N818 - not an error of the program: the fault is already reported
    """An expression has no value; its fault is already reported."""


class Stop(Exception):  # noqa: N818 - as above
    """A limit is reached and reported; nothing further can be elaborated."""


class Found(Record):
    """A fault and where execution was: in which scope, at which value, after which of the scope's items."""

    diagnostic: Diagnostic
    scope: Scope | None = None
    value: Current = None
    last: Scope | int | None = None

    @staticmethod
    def at(context: Context | None, diagnostic: Diagnostic) -> Found:
        if not isinstance(context, Place) or context.scope is None:
            return Found(diagnostic)
        items = context.scope.items
        return Found(diagnostic, context.scope, context.value, items[-1] if items else None)


class Reporter:
    """Takes the faults of one elaboration into `report`, and watches its limits."""

    def __init__(self, report: Report, limits: Limits, deadline: Deadline | None = None) -> None:
        self.report = report
        self.limits = limits
        self.deadline = deadline or Deadline(limits)
        self.failed = False
        """Whether there was a fault, reported here or before."""
        self.found: list[Found] = []
        """The faults, each with where execution was."""
        self.calls = 0
        """Calls of blocks and functions that are within each other now."""

    def error(
        self,
        code: str,
        message: str,
        span: Span,
        context: Context | None = None,
        *,
        label: str = "",
        secondary: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | None = None,  # noqa: A002 - the word the messages use
        fixes: Iterable[Fix] = (),
    ) -> None:
        """Reports a fault, with the trace of the block that is being executed."""
        self.failed = True
        trace = context.activation.trace if context is not None else ()
        labels = [*secondary, *_called(span, trace)]
        if is_library(span.source):
            fixes = ()
        diagnostic = Diagnostic(
            code,
            message,
            Label(span, label),
            secondary=tuple(labels),
            notes=tuple(notes),
            help=help or REMEDIES.get(code),
            trace=trace,
            fixes=tuple(fixes),
        )
        self.found.append(Found.at(context, diagnostic))
        self.report.add(diagnostic)

    def failure(self, code: str, message: str, span: Span, context: Context | None, **more: Any) -> Failed:
        """Reports a fault; the exception is for the caller to raise."""
        self.error(code, message, span, context, **more)
        return Failed()

    def fault(
        self,
        fault: Fault,
        span: Span,
        context: Context | None,
        secondary: Iterable[Label] = (),
        *,
        label: str = "",
        fixes: Iterable[Fix] = (),
    ) -> None:
        """Reports what a leaf stated, at a place."""
        self.error(
            fault.code,
            fault.message,
            span,
            context,
            label=label,
            secondary=secondary,
            notes=fault.notes,
            help=fault.help,
            fixes=fixes,
        )

    def tick(self, span: Span, context: Context | None) -> None:
        """Stops elaboration when its time is over."""
        if self.deadline.passed:
            self.error(
                "E220",
                f"elaboration takes longer than {self.limits.seconds:g} seconds",
                span,
                context,
                help="--max-seconds raises the limit",
            )
            raise Stop

    def enter(self, name: str, span: Span, context: Context) -> None:
        """Counts a call of a block or function within others; `leave` is due after it."""
        self.calls += 1
        if self.calls > self.limits.recursion:
            self.error(
                "E219",
                f"`{name}` is called within itself or others more than {self.limits.recursion:,} deep",
                span,
                context,
                help="give the recursion a condition that ends it; --max-recursion raises the limit",
            )
            raise Stop
        self.tick(span, context)

    def leave(self) -> None:
        self.calls -= 1


def _called(span: Span, trace: tuple[Frame, ...]) -> tuple[Label, ...]:
    """For a fault in another file: where that was called, in the file of the caller."""
    caller = next((frame for frame in trace if frame.span.source is not span.source), None)
    return (Label(caller.span, "called here"),) if caller else ()
