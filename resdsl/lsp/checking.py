"""The faults of an open text, and what its models say of its steps; of an edit only what it changes is done again.

The result of a model depends on the pieces of text that its definition reaches and on the files that are imported.
While those stay as they are, its faults and facts are only moved to where the pieces are now.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event

from resdsl.diagnostics import Diagnostic, Edit, Fix, Frame, Label, Report
from resdsl.elaborate import Program, build, check_empty, load_program
from resdsl.graph import Graph
from resdsl.limits import Deadline, Limits
from resdsl.lints import Linter
from resdsl.lsp.chunks import Chunk, ChunkKey, Chunks
from resdsl.lsp.facts import ModelFacts, model_facts, release
from resdsl.lsp.paths import source_path, used_path
from resdsl.records import Record
from resdsl.source import Source, Span
from resdsl.syntax import tree

_NAME = re.compile(r"[A-Za-z_]\w*")

Reach = tuple[tuple[ChunkKey, str], ...]
"""The pieces of the root text that a model reaches, in order."""


class Findings(Record):
    """What is known of a text. `complete` is whether all its models were looked at."""

    source: Source
    diagnostics: tuple[Diagnostic, ...]
    complete: bool
    models: tuple[str, ...] = ()
    """Its models, in order."""
    uses: tuple[tuple[Span, Path | None], ...] = ()
    """The paths in its `use`s, and where they lead."""
    files: frozenset[Path] = frozenset()
    """The files that it depends on, through others too, whether or not they are there."""


class Cancellable(Deadline):
    """Time that is also over when nobody waits for the result any more."""

    def __init__(self, limits: Limits, cancelled: Event) -> None:
        super().__init__(limits)
        self._cancelled = cancelled

    @property
    def cancelled(self) -> bool:
        return self._cancelled.is_set()

    @property
    def passed(self) -> bool:
        return self._cancelled.is_set() or super().passed


class Results(Record):
    """What is found in one model: faults, and what lints say of its graph."""

    diagnostics: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]


@dataclass(slots=True)
class Entry:
    """The result of a model and what it came from."""

    reach: Reach
    imported: tuple[tuple[str, str], ...]
    source: Source
    diagnostics: tuple[Diagnostic, ...]
    warnings: tuple[Diagnostic, ...]
    """What lints say of its graph, before the comments that allow it."""
    graph: Graph | None
    """Until its facts are gathered."""


@dataclass(slots=True)
class Checker:
    """Checks one text again and again. Used by one thread at a time."""

    limits: Limits
    entries: dict[str, Entry] = field(default_factory=dict)
    facts: dict[str, ModelFacts] = field(default_factory=dict)
    """Of each model the last that were found, also while it is broken; in the order of the text."""
    order: tuple[str, ...] = ()
    """The models of the text that was checked last."""

    def check(self, source: Source, read: Callable[[Path], bytes], near: int, cancelled: Event) -> Iterator[Findings]:
        """First the faults of syntax and names, if there are some, then all. Models near an offset come first.

        Ends without the last when `cancelled` is set; what was done until then is kept for the next time.
        """
        report = Report()
        program = load_program(source, report, limits=self.limits, read=read)
        check_empty(program, report)
        models, uses = tuple(program.models), _uses(program)
        self.order = models
        files = frozenset(path.resolve() for path in program.files)
        if report.failed:
            yield Findings(source, report.sorted(), False, models, uses, files)
        reaches = _Reaches(program, Chunks(source.text), report)
        deadline = Cancellable(self.limits, cancelled)
        linter = Linter(program)
        found: dict[str, Results] = {}
        for name in reaches.by_nearness(near):
            if program.models[name].buildable:
                results = self._model(program, name, reaches, deadline, linter)
                if results is None or cancelled.is_set():
                    return
                found[name] = results
        for name in models:
            report.extend(found[name].diagnostics if name in found else ())
        if not report.failed:
            for name, results in found.items():
                linter.recall(name, results.warnings)
            report.extend(linter.finish())
            self._forget(program)
        yield Findings(source, report.sorted(), True, models, uses, files)

    def _forget(self, program: Program) -> None:
        """Leaves out the models that are gone; only of a text that has no faults is that certain."""
        for name in self.entries.keys() - program.models.keys():
            self._drop(name)
        for name in self.facts.keys() - program.models.keys():
            del self.facts[name]

    def _model(
        self, program: Program, name: str, reaches: _Reaches, deadline: Cancellable, linter: Linter
    ) -> Results | None:
        """What is found in one model, from before if nothing that it reaches has changed; `None` if time was over."""
        source = program.home.file.source
        reach = reaches.of(name)
        entry = self.entries.get(name)
        if entry is not None and reach is not None and entry.reach == reach and entry.imported == reaches.imported:
            moved = _moved(entry, source, reaches.chunks)
            if moved is not None:
                return moved
        report = Report()
        graph = build(program, name, report, deadline=deadline)
        if deadline.cancelled:
            if graph is not None:
                release(graph)
            return None
        warnings = linter.look(graph) if graph is not None else ()
        self._drop(name)
        self.entries[name] = Entry(reach or (), reaches.imported, source, report.sorted(), warnings, graph)
        return Results(report.sorted(), warnings)

    def _drop(self, name: str) -> None:
        entry = self.entries.pop(name, None)
        if entry is not None and entry.graph is not None:
            release(entry.graph)

    def gather(self, cancelled: Event) -> bool:
        """Turns the graphs of the last check into facts; whether any are new."""
        fresh = False
        chunks: dict[tuple[int, str], dict[str, Chunks]] = {}
        for name, entry in list(self.entries.items()):
            if entry.graph is None:
                continue
            if cancelled.is_set():
                break
            known = chunks.setdefault((id(entry.source), entry.source.name), {})
            self.facts[name] = model_facts(entry.graph, known)
            release(entry.graph)
            entry.graph = None
            fresh = True
        if fresh:
            places = {name: place for place, name in enumerate(self.order)}
            self.facts = dict(sorted(self.facts.items(), key=lambda item: places.get(item[0], len(places))))
        return fresh


def _uses(program: Program) -> tuple[tuple[Span, Path | None], ...]:
    """The paths of the root's `use`s, and where they lead."""
    importer = source_path(program.home.file.source)
    uses = (item for item in program.home.file.items if isinstance(item, tree.Use))
    return tuple((u.path_span, used_path(u.path, importer, u.names[0].name if u.names else None)) for u in uses)


class _Reaches:
    """Which pieces of the root text each model depends on."""

    def __init__(self, program: Program, chunks: Chunks, report: Report) -> None:
        self.chunks = chunks
        self._program = program
        self._source = program.home.file.source
        self.imported = tuple((home.file.source.name, home.file.source.text) for home in program.imports)
        faulty = [d.span.start for d in report if d.code < "E100" and d.span.source is self._source]
        self._faulty = {chunks.at(start).key for start in faulty}
        self._names: dict[str, list[Chunk]] = {}
        for item in program.home.file.items:
            for name in _defined(item):
                self._names.setdefault(name, []).extend(chunks.overlapping(item.span.start, item.span.end))
        self._words: dict[ChunkKey, list[str]] = {}

    def of(self, model: str) -> Reach | None:
        """The pieces that a model reaches; `None` if a fault of syntax makes it doubtful what they mean."""
        keys = self._closure(model)
        if keys & self._faulty:
            return None
        return tuple((chunk.key, chunk.text) for chunk in self.chunks.all if chunk.key in keys)

    def by_nearness(self, offset: int) -> list[str]:
        """The models, those first that stand at an offset or use what stands there."""
        here = self.chunks.at(offset).key
        own = {name: any(c.key == here for c in self._names.get(name, ())) for name in self._program.models}
        return sorted(self._program.models, key=lambda name: (not own[name], here not in self._closure(name)))

    def _closure(self, model: str) -> set[ChunkKey]:
        keys: set[ChunkKey] = set()
        stack = list(self._names.get(model, ()))
        while stack:
            chunk = stack.pop()
            if chunk.key in keys:
                continue
            keys.add(chunk.key)
            for word in self._words_of(chunk):
                stack.extend(self._names[word])
        return keys

    def _words_of(self, chunk: Chunk) -> list[str]:
        """The names of this file that a piece mentions, whatever they mean there."""
        words = self._words.get(chunk.key)
        if words is None:
            mentioned = dict.fromkeys(_NAME.findall(chunk.text))
            words = self._words[chunk.key] = [name for name in mentioned if name in self._names]
        return words


def _defined(item: tree.Definition) -> list[str]:
    match item:
        case tree.Use(names=names):
            return [ident.name for ident in names]
        case tree.Block(name=name) | tree.Model(name=name) | tree.Variant(name=name):
            return [name.name]
        case tree.FileLet(let=let):
            return [let.name.name]
    return []


# --- moving --------------------------------------------------------------------------------------


def _moved(entry: Entry, source: Source, chunks: Chunks) -> Results | None:
    """What an entry found, at its places in `source`; `None` if one has no place there."""
    found = Results(entry.diagnostics, entry.warnings)
    if entry.source is source or not (found.diagnostics or found.warnings):
        return found
    mover = _Mover(entry.source, Chunks(entry.source.text), source, chunks)
    moved = Results(
        tuple(mover.diagnostic(each) for each in found.diagnostics),
        tuple(mover.diagnostic(each) for each in found.warnings),
    )
    return None if mover.lost else moved


class _Mover:
    """Carries spans of a text over to a later one, piece by piece."""

    def __init__(self, old: Source, old_chunks: Chunks, new: Source, new_chunks: Chunks) -> None:
        self._old, self._old_chunks = old, old_chunks
        self._new, self._new_chunks = new, new_chunks
        self.lost = False

    def span(self, span: Span) -> Span:
        if span.source is not self._old:
            return span
        chunk = self._old_chunks.at(span.start)
        to = self._new_chunks.by_key.get(chunk.key)
        if to is None or to.text != chunk.text:
            self.lost = True
            return span
        by = to.start - chunk.start
        return Span(self._new, span.start + by, span.end + by)

    def label(self, label: Label) -> Label:
        return Label(self.span(label.span), label.message)

    def diagnostic(self, d: Diagnostic) -> Diagnostic:
        return Diagnostic(
            d.code,
            d.message,
            self.label(d.primary),
            severity=d.severity,
            secondary=tuple(self.label(label) for label in d.secondary),
            notes=d.notes,
            help=d.help,
            trace=tuple(Frame(frame.message, self.span(frame.span)) for frame in d.trace),
            fixes=tuple(
                Fix(fix.message, tuple(Edit(self.span(e.span), e.text) for e in fix.edits), fix.safe) for fix in d.fixes
            ),
        )
