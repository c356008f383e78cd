"""Texts and what is known of them: open ones, those that they use, and what the checks have found."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from errno import EINVAL
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.diagnostics import Report
from resdsl.elaborate.symbols import Index, Kind, Symbol
from resdsl.files import decode
from resdsl.limits import Limits
from resdsl.lsp.checking import Checker, Findings
from resdsl.lsp.chunks import Chunks, Shift
from resdsl.lsp.facts import Key, ModelFacts, Step
from resdsl.lsp.paths import LIBRARY, library, path_of, specs_below, used_path
from resdsl.lsp.positions import Encoding, Positions
from resdsl.records import Record
from resdsl.source import Source
from resdsl.syntax import parse, tree
from resdsl.syntax.grammar import grammar
from resdsl.syntax.tokens import filter_tokens

if TYPE_CHECKING:
    from lark.lexer import Token

MOST_HOPS = 100
"""Variants of variants that are followed."""


class Word(Record):
    """A token of the text."""

    kind: str
    start: int
    end: int
    text: str


class Snapshot:
    """One state of a text; everything about it is worked out when first asked for.

    `path` is `None` for texts that were never saved.
    """

    def __init__(self, source: Source, path: Path | None, limits: Limits) -> None:
        self.source = source
        self.path = path
        self.limits = limits
        self._positions: dict[Encoding, Positions] = {}

    @property
    def text(self) -> str:
        return self.source.text

    @cached_property
    def parsed(self) -> tuple[tree.File, Report]:
        """The tree, with what parsed, and the faults of syntax."""
        report = Report()
        return parse(self.source, report, limits=self.limits), report

    @property
    def file(self) -> tree.File:
        return self.parsed[0]

    @cached_property
    def index(self) -> Index:
        return Index(self.file)

    @cached_property
    def names(self) -> dict[str, Symbol]:
        """The names of the file; of definitions that do not parse, what they begin with tells."""
        kinds = {"block": Kind.BLOCK, "model": Kind.MODEL, "let": Kind.VALUE}
        begun = (chunk.key[0].partition(" ") for chunk in self.chunks.all)
        broken = {name: Symbol(name, kinds[word], top=True) for word, _, name in begun if name}
        return {**broken, **self.index.top}

    @cached_property
    def chunks(self) -> Chunks:
        return Chunks(self.text)

    @cached_property
    def raw_words(self) -> list[Word]:
        """All tokens, with comments and newlines, each keyword as one."""
        return [_word(token) for token in self._lexed]

    @cached_property
    def words(self) -> list[Word]:
        """The tokens as the parser takes them: keywords that are names here are names, few newlines are left."""
        return [_word(token) for token in filter_tokens([t for t in self._lexed if t.type != "COMMENT"])]

    @cached_property
    def _lexed(self) -> list[Token]:
        return list(grammar().lex(self.text, 0, len(self.text), self.limits.items))

    def positions(self, encoding: Encoding) -> Positions:
        found = self._positions.get(encoding)
        if found is None:
            found = self._positions[encoding] = Positions(self.text, encoding)
        return found

    @property
    def shipped(self) -> bool:
        """Whether it is part of the library."""
        return self.path is not None and self.path.is_relative_to(library())


def _word(token: Token) -> Word:
    return Word(token.type, token.start_pos or 0, token.end_pos or 0, str(token))


@dataclass(slots=True, eq=False)
class Document:
    """An open text."""

    uri: str
    snapshot: Snapshot
    checker: Checker
    version: int = 0
    findings: Findings | None = None
    facts: dict[str, ModelFacts] = field(default_factory=dict)
    """Of each model the last that were found, in the order of the file."""
    near: int = 0
    """Where the text was last changed or looked at."""


class PlacedStep(Record):
    """A step in the current text, and what models say of it: the first one's figures, and which others execute it."""

    start: int
    end: int
    step: Step
    model: str
    others: tuple[str, ...]


class Workspace:
    """The open documents and the files around them. Used by the server's own thread alone."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.encoding = Encoding.UTF16
        self.folders: list[Path] = []
        self.documents: dict[str, Document] = {}
        self._files: dict[Path, tuple[tuple[int, int], Snapshot]] = {}

    # --- open texts ------------------------------------------------------------------------------

    def open(self, uri: str, text: str, version: int) -> Document:
        path = path_of(uri)
        document = Document(uri, self._snapshot(text, path, uri), Checker(self.limits), version)
        self.documents[uri] = document
        return document

    def change(self, document: Document, text: str, version: int) -> None:
        document.snapshot = self._snapshot(text, document.snapshot.path, document.uri)
        document.version = version

    def close(self, uri: str) -> None:
        self.documents.pop(uri, None)

    def _snapshot(self, text: str, path: Path | None, uri: str) -> Snapshot:
        name = path.as_posix() if path else f"<{uri.rpartition(':')[2] or uri}>"
        return Snapshot(Source(name, text.removeprefix("\ufeff")), path, self.limits)

    def buffers(self) -> dict[Path, bytes]:
        """The open texts of files, as the files will be once they are saved."""
        open_texts = (document.snapshot for document in self.documents.values())
        return {s.path: s.text.encode("utf-8", "surrogatepass") for s in open_texts if s.path is not None}

    def reader(self) -> Callable[[Path], bytes]:
        """What reads files for a check: open texts go before what is on the disk. For any thread."""
        buffers, limits = self.buffers(), self.limits

        def read(path: Path) -> bytes:
            if path in buffers:
                return buffers[path]
            if path.exists() and not path.is_file():
                raise OSError(EINVAL, "it is not a regular file")
            with path.open("rb") as file:
                return file.read(limits.file_bytes + 1)

        return read

    # --- files -----------------------------------------------------------------------------------

    def file(self, path: Path) -> Snapshot | None:
        """A file as it is now: the open text if it is open, else what is on the disk; `None` if it cannot be read."""
        for document in self.documents.values():
            if document.snapshot.path == path:
                return document.snapshot
        try:
            status = path.stat()
            state = status.st_mtime_ns, status.st_size
            known = self._files.get(path)
            if known is not None and known[0] == state:
                return known[1]
            if not path.is_file() or status.st_size > self.limits.file_bytes:
                return None
            source = decode(path.read_bytes(), path.as_posix(), Report(), self.limits)
        except OSError:
            return None
        if source is None:
            return None
        snapshot = Snapshot(source, path, self.limits)
        self._files[path] = state, snapshot
        return snapshot

    def used(self, use: tree.Use, snapshot: Snapshot, name: str | None = None) -> Snapshot | None:
        """The file that a `use` takes from (for the library, the one that defines `name`)."""
        path = used_path(use.path, snapshot.path, name)
        return self.file(path) if path is not None else None

    def defined(self, symbol: Symbol, snapshot: Snapshot) -> tuple[Symbol, Snapshot]:
        """Where a name is really defined: an imported one in its own file, if that can be read."""
        if symbol.kind is Kind.IMPORT and isinstance(symbol.node, tree.Use):
            target = self.used(symbol.node, snapshot, symbol.name)
            found = target.index.top.get(symbol.name) if target is not None else None
            if target is not None and found is not None:
                return found, target
        return symbol, snapshot

    def called(self, symbol: Symbol | None, snapshot: Snapshot) -> tuple[Symbol, Snapshot] | None:
        """The definition whose parameters a call of a name fills, through imports and variants."""
        for _ in range(MOST_HOPS):
            if symbol is None:
                return None
            symbol, snapshot = self.defined(symbol, snapshot)
            if not isinstance(symbol.node, tree.Variant):
                return symbol, snapshot
            symbol = snapshot.index.top.get(symbol.node.call.name.name)
        return None

    def around(self, path: Path) -> Iterator[Snapshot]:
        """The texts that may use a file: open ones, and those in the folders of the workspace or the file's own."""
        seen: set[Path] = set()
        for document in self.documents.values():
            if document.snapshot.path is not None:
                seen.add(document.snapshot.path)
            yield document.snapshot
        inside = [folder for folder in self.folders if path.is_relative_to(folder)] or [path.parent]
        for other in specs_below(inside[0]):
            resolved = other.resolve()
            if resolved not in seen:
                seen.add(resolved)
                found = self.file(resolved)
                if found is not None:
                    yield found

    def read_library(self) -> None:
        """Reads the library beforehand, so that the first completion need not."""
        for path in sorted(library().glob("*.res")):
            snapshot = self.file(path)
            if snapshot is not None:
                _ = snapshot.index

    # --- facts -----------------------------------------------------------------------------------

    def steps(self, snapshot: Snapshot) -> list[PlacedStep]:
        """The steps of a text with what is known of them, in order; those that are being edited are left out.

        The text's own models say it; of a file that others use, their models do too.
        """
        owners = [d for d in self.documents.values() if d.snapshot is snapshot]
        owners += [d for d in self.documents.values() if d.snapshot is not snapshot]
        placed: dict[tuple[int, int], PlacedStep] = {}
        shifts: dict[tuple[object, str], Shift] = {}
        for document in owners:
            for facts in document.facts.values():
                for key, step in facts.steps.items():
                    if not _is_name_of(key[0], snapshot):
                        continue
                    place = _placed(key, facts, snapshot, shifts)
                    if place is None:
                        continue
                    known = placed.get(place)
                    if known is None:
                        placed[place] = PlacedStep(*place, step, facts.model, ())
                    else:
                        placed[place] = PlacedStep(*place, known.step, known.model, (*known.others, facts.model))
        return [placed[place] for place in sorted(placed)]


def _placed(
    key: Key, facts: ModelFacts, snapshot: Snapshot, shifts: dict[tuple[object, str], Shift]
) -> tuple[int, int] | None:
    """Where a step is in the current text."""
    name, chunk_key, start, end = key
    chunk = snapshot.chunks.by_key.get(chunk_key)
    if chunk is None:
        return None
    old = facts.texts[name, chunk_key]
    shift = shifts.get((chunk_key, old))
    if shift is None:
        shift = shifts[chunk_key, old] = Shift(old, chunk.text)
    moved = shift.forward(start, end)
    return (chunk.start + moved[0], chunk.start + moved[1]) if moved else None


def _is_name_of(name: str, snapshot: Snapshot) -> bool:
    """Whether a check calls a text by a name."""
    if name == snapshot.source.name:
        return True
    return name.startswith(LIBRARY) and snapshot.shipped and snapshot.path == library() / name.removeprefix(LIBRARY)
