"""Which executions of blocks become one definition, from the innermost blocks outwards."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable
from dataclasses import dataclass

from resdsl.backends.res import patterns
from resdsl.backends.res.folding import fold
from resdsl.backends.res.keeping import Activation, drop_unread, keep_values
from resdsl.backends.res.labels import write_labels
from resdsl.backends.res.reading import BlockCall, Reader
from resdsl.backends.res.slots import step_structure, structure
from resdsl.backends.res.steps import Block, Body, Keep, Residual, residuals, walk
from resdsl.backends.res.unifying import parts, unify
from resdsl.backends.res.words import free_name
from resdsl.graph import Scope, ScopeKind
from resdsl.records import Record

_OTHER = "other"
"""What a block calls a value that it reads beside its input."""


_DEEP = 16
"""Of so many blocks within each other, one has a definition though it is called once: braces nest only so deep."""


@dataclass(slots=True)
class _Execution:
    """A block's scope as if it had a definition of its own."""

    scope: Scope
    body: Body
    entry: int | None
    sources: tuple[int, ...]
    source_names: tuple[str, ...]
    outputs: tuple[int, ...]
    output_names: tuple[str, ...]

    @property
    def kind(self) -> Hashable:
        """Executions of one kind differ in values of arguments alone, and in whether they have shortcuts."""
        return (
            self.scope.title,
            self.scope.numbered,
            self.source_names,
            self.output_names,
            structure(self.body, shortcuts=False),
        )


class Definitions:
    """Finds the blocks of a model that get a definition."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        graph = reader.places.graph
        shared = {scope.title for scope in graph.root.walk() if scope.kind is ScopeKind.SHARED and scope.title}
        titles = {scope.title for scope in graph.root.walk() if scope.kind is ScopeKind.BLOCK and scope.title}
        self.taken = {graph.name, *shared, *titles}
        """What no value and no parameter may be called."""
        self._names = {graph.name, *shared} | {node.kept for node in graph.nodes() if node.kept} - titles
        """What no block may be called."""

    def find(self) -> None:
        """Fills `reader.calls`."""
        for height, scopes in enumerate(_levels(self.reader.places.graph.root), 1):
            groups: dict[Hashable, list[_Execution]] = defaultdict(list)
            for scope in scopes:
                execution = self._execution(scope) if self._is_closed(scope) else None
                if execution is not None:
                    groups[execution.kind].append(execution)
            for group in groups.values():
                for alike in _by_shortcuts(group):
                    if len(alike) > 1 or height % _DEEP == 0:
                        self._define(alike)

    def _is_closed(self, scope: Scope) -> bool:
        """Whether it can stand alone: it does something, and shares nothing with what is around it."""
        if self.reader.places.empty(scope) or not scope.name or self.reader.need(scope) is None:
            return False
        uses = (inner for inner in scope.walk() if inner.kind is ScopeKind.SHARED)
        return all(use.home is not None and patterns.within(use.home, scope) for use in uses)

    def _execution(self, scope: Scope) -> _Execution | None:
        reader = self.reader
        entry = reader.need(scope)
        sources = tuple(node for node in reader.places.reads(scope) if node != entry)
        results = reader.places.results(scope)
        if not results:
            return None
        end = results[0] if len(results) == 1 else None
        body, _ = reader.names(scope, entry, numbered=scope.numbered, end=end)
        outputs = tuple(results) if len(results) > 1 else ()
        graph = reader.places.graph
        given: dict[int, str] = {}
        for node in sources:
            given[node] = free_name(_OTHER, {*self.taken, *given.values()})
        names = keep_values(graph, Activation(body, entry, given, outputs), self.taken, mentioned=True)
        self._names |= {name for own in names.values() for name in own}
        write_labels(body)
        fold(body)
        output_names = tuple(names[node][0] for node in outputs)
        return _Execution(scope, body, entry, sources, tuple(given.values()), tuple(results), output_names)

    def _define(self, executions: list[_Execution]) -> None:
        first = executions[0]
        kept = {name for step in walk(first.body) if isinstance(step, Keep) for name in step.names}
        unified = unify([execution.body for execution in executions], kept | self.taken | {*first.source_names})
        drop_unread(unified.body, set(first.output_names))
        name = free_name(first.scope.title or "part", self._names)
        self._names.add(name)
        self.taken.add(name)
        block = Block(
            name,
            unified.body,
            first.scope.numbered,
            sources=first.source_names,
            params=unified.params,
            outputs=first.output_names,
        )
        for execution, arguments in zip(executions, unified.arguments, strict=True):
            self.reader.calls[execution.scope] = BlockCall(
                block, arguments, execution.entry, execution.sources, execution.outputs
            )


def _by_shortcuts(group: list[_Execution]) -> list[list[_Execution]]:
    """Executions whose shortcuts, where both have one, are of one structure."""
    found: list[tuple[list[_Shortcut], list[_Execution]]] = []
    for execution in group:
        own = [_shortcut(step) for step in residuals(execution.body)]
        for number, (known, alike) in enumerate(found):
            joined = [_joined(one, other) for one, other in zip(known, own, strict=True)]
            if None not in joined:
                alike.append(execution)
                found[number] = ([one for one in joined if one is not None], alike)
                break
        else:
            found.append((own, [execution]))
    return [alike for _, alike in found]


class _Shortcut(Record):
    """The structure of a shortcut. One that is an operator has the shortcut's name, so that it cannot be left out."""

    steps: tuple[Hashable, ...]
    rest: Hashable
    single: bool


def _shortcut(step: Residual) -> _Shortcut:
    if step.shortcut is None:
        return _Shortcut((), None, single=False)
    body = step.shortcut
    rest = (step.label, body.schedule, len(body.shared))
    return _Shortcut(tuple(map(step_structure, body.steps)), rest, step.single)


def _joined(one: _Shortcut, other: _Shortcut) -> _Shortcut | None:
    """The longer of two shortcuts, if the other is a part of it; `None` where one definition cannot have both."""
    short, long = sorted((one, other), key=lambda shortcut: len(shortcut.steps))
    if short.single != long.single or (short.single and short != long):
        return None
    if short.rest != long.rest and short.rest is not None:
        return None
    return long if parts(short.steps, long.steps) is not None else None


def _levels(root: Scope) -> list[list[Scope]]:
    """Block scopes by how deeply blocks lie within them, the innermost first, each level in order of execution."""
    levels: list[list[Scope]] = []
    heights: dict[Scope, int] = {}
    scopes = list(root.walk())
    for scope in reversed(scopes):
        inner = max((heights[item] for item in scope.items if isinstance(item, Scope)), default=0)
        heights[scope] = inner + _counts(scope)
    for scope in scopes:
        if _counts(scope):
            while len(levels) < heights[scope]:
                levels.append([])
            levels[heights[scope] - 1].append(scope)
    return levels


def _counts(scope: Scope) -> bool:
    """A block that stands as a shortcut is written there, in braces: what it was does not depend on its executions."""
    return scope.kind is ScopeKind.BLOCK and scope.parent is not None and scope.parent.kind is not ScopeKind.SHORTCUT
