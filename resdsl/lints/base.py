"""What rules are made of, and the faces of a file and of a graph that they look at."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from typing import ClassVar

from resdsl.diagnostics import Diagnostic, Label, Severity
from resdsl.diagnostics.model import Fix
from resdsl.elaborate.library import LIBRARY
from resdsl.elaborate.symbols import Index, Kind, Symbol
from resdsl.graph import Graph, Node
from resdsl.lints.trunks import PreActivation, pre_activation_units
from resdsl.ops.base import Role
from resdsl.shapes import Axes
from resdsl.source import Source, Span
from resdsl.syntax import tree


class Rule(ABC):
    """A lint: what it finds is right as the language goes, and hardly ever what was meant."""

    code: ClassVar[str]

    def warning(
        self,
        message: str,
        span: Span,
        label: str = "",
        *,
        secondary: Iterable[Label] = (),
        notes: Iterable[str] = (),
        help: str | None = None,  # noqa: A002 - the word the messages use
        fixes: Iterable[Fix] = (),
    ) -> Diagnostic:
        return Diagnostic(
            self.code,
            message,
            Label(span, label),
            severity=Severity.WARNING,
            secondary=tuple(secondary),
            notes=tuple(notes),
            help=help,
            fixes=tuple(fixes),
        )


class TextRule(Rule):
    """A rule over the text of one file that has no errors."""

    @abstractmethod
    def check(self, page: Page) -> Iterator[Diagnostic]:
        """What the rule has to say of a file."""


class GraphRule(Rule):
    """A rule over an elaborated model."""

    @abstractmethod
    def check(self, net: Net) -> Iterator[Diagnostic]:
        """What the rule has to say of a model. Places are in texts of the user, never in the library's."""


class Page:
    """A file, its names and their uses."""

    def __init__(self, file: tree.File) -> None:
        self.file = file

    @cached_property
    def names(self) -> Index:
        return Index(self.file)

    def unused(self, *kinds: Kind) -> Iterator[tuple[Symbol, Span, tree.Node]]:
        """The definitions of these kinds that nothing uses: each with the place of its name, and what defines it."""
        for place in self.names.occurrences:
            symbol = place.symbol
            if place.defines and symbol.kind in kinds and symbol not in self.names.used and symbol.node is not None:
                yield symbol, place.span, symbol.node

    @cached_property
    def has_models(self) -> bool:
        """Whether there are models; a file without is there for others to import."""
        return any(isinstance(item, tree.Model | tree.Variant) for item in self.file.items)


class Net:
    """A graph, its nodes by role, and the files its texts are from."""

    def __init__(
        self, graph: Graph, files: Mapping[Source, tree.File], rebuild: Callable[[Axes], Graph | None]
    ) -> None:
        self.graph = graph
        self.files = files
        self.rebuild = rebuild
        """The same model for another size of its only input, or `None` where it is not valid."""
        self._roles: dict[Role, list[Node]] = {}
        for node in graph.nodes():
            role = node.op.role
            if role in self._roles:
                self._roles[role].append(node)
            else:
                self._roles[role] = [node]
        self.ends = {*(output.node for output in graph.outputs), *(head.node for head in graph.aux)}
        """The nodes whose values leave the net."""

    @cached_property
    def pre_activation_units(self) -> tuple[PreActivation, ...]:
        """The units that activate their input themselves, in order of execution."""
        return tuple(pre_activation_units(self.graph))

    def role(self, role: Role) -> list[Node]:
        """The nodes of a role, in order of execution."""
        return self._roles.get(role, [])

    def only_user(self, node: Node) -> Node | None:
        """The one node that uses a value; `None` if there are others, or if the value leaves the net."""
        users = self.graph.consumers(node.id)
        return users[0] if len(users) == 1 and node.id not in self.ends else None


def in_library(span: Span) -> bool:
    return span.source.name.startswith(LIBRARY)


def places(node: Node) -> Iterator[Span]:
    """The step that a node is, and the calls that led to it, the innermost first; those of the library are left out."""
    for span in (node.span, *(frame.span for frame in node.trace)):
        if not in_library(span):
            yield span


def place(node: Node) -> Span | None:
    """Where the user wrote it: the step itself, or the call of the library's block that it is in."""
    return next(places(node), None)


def first_line(span: Span) -> Span:
    """The part of a span on its first line: a construct with long braces is known by its head."""
    end = span.source.text.find("\n", span.start, span.end)
    return span if end < 0 else Span(span.source, span.start, end)
