"""Where a name is defined and where it is used, across files."""

from __future__ import annotations

from collections.abc import Iterator

from resdsl.elaborate.symbols import Index, Kind, Symbol
from resdsl.lsp.documents import Snapshot, Workspace
from resdsl.lsp.paths import used_path
from resdsl.records import Record
from resdsl.source import Span
from resdsl.syntax import tree


class Place(Record):
    """A range of a text."""

    snapshot: Snapshot
    span: Span


class Target(Record):
    """A definition and the text that it is in."""

    symbol: Symbol
    snapshot: Snapshot


class Use(Record):
    """A place of a name in some text; `defines` where the name is introduced, `imports` in a `use`."""

    snapshot: Snapshot
    span: Span
    defines: bool = False


def target_at(workspace: Workspace, snapshot: Snapshot, offset: int) -> Target | None:
    """The definition of the name at an offset, in its own file."""
    occurrence = snapshot.index.at(offset)
    if occurrence is not None:
        return Target(*workspace.defined(occurrence.symbol, snapshot))
    argument = snapshot.index.argument_at(offset)
    called = workspace.called(argument.callee, snapshot) if argument is not None else None
    if argument is None or called is None:
        return None
    symbol, where = called
    parameter = where.index.params.get(symbol, {}).get(argument.name)
    return Target(parameter, where) if parameter is not None else None


def definition(workspace: Workspace, snapshot: Snapshot, offset: int) -> Place | None:
    """Where the name at an offset is defined, or the file that a `use` takes from."""
    target = target_at(workspace, snapshot, offset)
    if target is not None:
        return Place(target.snapshot, target.symbol.span) if target.symbol.span is not None else None
    for item in snapshot.file.items:
        if isinstance(item, tree.Use) and item.path_span.start <= offset <= item.path_span.end:
            found = workspace.used(item, snapshot, item.names[0].name if item.names else None)
            return Place(found, Span(found.source, 0, 0)) if found is not None else None
    return None


def references(workspace: Workspace, snapshot: Snapshot, offset: int) -> list[Use]:
    """Every place of the definition that the name at an offset has, in all files around, the definition's own first."""
    target = target_at(workspace, snapshot, offset)
    return list(uses(workspace, target, snapshot)) if target is not None else []


def uses(workspace: Workspace, target: Target, near: Snapshot) -> Iterator[Use]:
    """Every place of a definition: in its own file, and in those that import it (or fill its parameters)."""
    symbol, own = target.symbol, target.snapshot
    for found in own.index.of(symbol):
        yield Use(own, found.span, found.defines)
    if symbol.kind is Kind.PARAMETER:
        owner = _owner(own.index, symbol)
        if owner is not None and owner.top:
            for other in _importers(workspace, Target(owner, own), near):
                yield from _arguments(workspace, other, owner, symbol.name)
        return
    if not symbol.top:
        return
    for other in _importers(workspace, target, near):
        imported = other.index.top.get(symbol.name)
        if imported is not None:
            for found in other.index.of(imported):
                yield Use(other, found.span)


def _owner(index: Index, parameter: Symbol) -> Symbol | None:
    """The block, model or function that has a parameter."""
    return next((owner for owner, params in index.params.items() if parameter in params.values()), None)


def _arguments(workspace: Workspace, snapshot: Snapshot, owner: Symbol, name: str) -> Iterator[Use]:
    """The arguments of a name in calls of an imported definition."""
    for argument in snapshot.index.arguments:
        called = workspace.called(argument.callee, snapshot) if argument.name == name else None
        if called is not None and called[0] is owner:
            yield Use(snapshot, argument.span)


def _importers(workspace: Workspace, target: Target, near: Snapshot) -> Iterator[Snapshot]:
    """The texts that take a definition with `use`."""
    symbol, own = target.symbol, target.snapshot
    start = own.path if not own.shipped else near.path
    seen = {own}
    candidates = (
        workspace.around(start) if start is not None else iter(d.snapshot for d in workspace.documents.values())
    )
    for other in candidates:
        if other in seen or symbol.name not in other.text:
            continue
        seen.add(other)
        imported = other.index.top.get(symbol.name)
        if imported is None or not isinstance(imported.node, tree.Use):
            continue
        if own.path is not None and used_path(imported.node.path, other.path, symbol.name) == own.path:
            yield other
