"""What a fault in a spec is: data, never text. The renderers turn it into text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum

from resdsl.records import Record
from resdsl.source import Span


class Severity(Enum):
    ERROR = "error"
    WARNING = "warning"


class Label(Record):
    """A place and what is to be said of it (may be empty for the primary one)."""

    span: Span
    message: str = ""


class Frame(Record):
    """How elaboration got to a fault: `in layer2.0, from bottleneck` and where that was called."""

    message: str
    span: Span


class Edit(Record):
    """A range of a source and the text that takes its place; an empty range is an insertion."""

    span: Span
    text: str


class Fix(Record):
    """A change of the text that mends a fault. A safe one is what the author must have meant (a misspelt name with one
    near neighbour, an unused name) and changes no network that was valid; any other has to be looked at."""

    message: str
    """An imperative, as an editor's menu shows it: `write 'kernel'`."""
    edits: tuple[Edit, ...]
    safe: bool = False


class Diagnostic(Record):
    """One fault: a code of the catalogue, a complete first line, one primary label."""

    code: str
    message: str
    primary: Label
    severity: Severity = Severity.ERROR
    secondary: tuple[Label, ...] = ()
    notes: tuple[str, ...] = ()
    help: str | None = None
    trace: tuple[Frame, ...] = ()
    fixes: tuple[Fix, ...] = ()
    """Ways to mend it, the likeliest first."""

    @property
    def span(self) -> Span:
        return self.primary.span

    def sort_key(self) -> tuple[str, int, int, str, str]:
        return (*self.span.sort_key(), self.code, self.message)


class Fault(Exception):  # noqa: N818 - a fault is of the spec, an error of the program
    """A fact that a leaf (an operator, a shape rule, a function) states; the boundary adds the place.

    `argument` names the argument at fault, so that the boundary can point at it; `operand` is
    the index of the operand whose shape is at fault. `instead` has texts that would do in the
    argument's place, the likeliest first, for the boundary to make fixes of.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        argument: str | None = None,
        operand: int | None = None,
        notes: Iterable[str] = (),
        help: str | None = None,  # noqa: A002 - the word the messages use
        instead: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.argument = argument
        self.operand = operand
        self.notes = tuple(notes)
        self.help = help
        self.instead = tuple(instead)


class CompileError(Exception):
    """A spec has errors. `report` carries every diagnostic; `str()` is the full rendering."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return self.report.sorted()

    def __str__(self) -> str:
        from resdsl.diagnostics.render import render_full

        return "\n" + render_full(self.report.sorted())


class WeightsError(Exception):
    """Weights do not fit a model, or may fit it in several ways. The message is complete; its first line says what."""


class InternalError(Exception):
    """A fault of resdsl itself, never of the spec."""


@dataclass(slots=True)
class Report:
    """Every fault found by a stage. The same span failing in several instances is one report."""

    _items: dict[tuple[str, int, int, str], Diagnostic] = field(default_factory=dict)

    def add(self, diagnostic: Diagnostic) -> None:
        key = (*diagnostic.span.sort_key(), diagnostic.code)
        self._items.setdefault(key, diagnostic)

    def extend(self, other: Iterable[Diagnostic]) -> None:
        for diagnostic in other:
            self.add(diagnostic)

    def sorted(self) -> tuple[Diagnostic, ...]:
        return tuple(sorted(self._items.values(), key=Diagnostic.sort_key))

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        return tuple(d for d in self.sorted() if d.severity is Severity.ERROR)

    @property
    def failed(self) -> bool:
        return any(d.severity is Severity.ERROR for d in self._items.values())

    def raise_if_failed(self) -> None:
        if self.failed:
            raise CompileError(self)

    def __iter__(self) -> Iterator[Diagnostic]:
        return iter(self.sorted())

    def __len__(self) -> int:
        return len(self._items)
