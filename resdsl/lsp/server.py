"""The server: what the protocol asks for, handed to the capabilities, and their answers."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from threading import Event
from typing import Protocol, TypeVar

from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from resdsl import __version__
from resdsl.limits import Limits
from resdsl.lsp import convert
from resdsl.lsp.checking import Checker, Findings
from resdsl.lsp.completion import complete
from resdsl.lsp.documents import Document, Snapshot, Workspace
from resdsl.lsp.facts import ModelFacts
from resdsl.lsp.faults import actions, shown
from resdsl.lsp.formatting import formatting
from resdsl.lsp.hover import hover
from resdsl.lsp.inlay import inlays
from resdsl.lsp.navigation import definition, references
from resdsl.lsp.outline import folds, outline
from resdsl.lsp.paths import path_of
from resdsl.lsp.positions import Encoding, Positions
from resdsl.lsp.rename import Refusal, renamable, rename
from resdsl.lsp.signatures import signature_help, warm_up
from resdsl.lsp.tokens import MODIFIERS, TYPES, tokens
from resdsl.lsp.worker import Worker
from resdsl.records import Record
from resdsl.source import Source

QUIET = 0.15
"""Seconds without a keystroke before a text is checked: answers about the keystroke go first."""

_TRIGGERS = [" ", ".", ":", "(", ",", "=", '"', "/"]

Answer = TypeVar("Answer")


class AtPosition(Protocol):
    """What requests about a place have."""

    text_document: types.TextDocumentIdentifier
    position: types.Position


class Job(Record):
    """What is to be checked, as it was when it was asked for."""

    uri: str
    source: Source
    checker: Checker
    read: Callable[[Path], bytes]
    near: int


class Server(LanguageServer):
    """The language server of resdsl."""

    def __init__(self, limits: Limits) -> None:
        super().__init__("resdsl", __version__)
        self.files = Workspace(limits)
        self.convert = convert.Converter(self.files)
        self.worker: Worker[Job] = Worker(self._check)
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- checks ----------------------------------------------------------------------------------

    def begin(self, encoding: str, folders: list[Path]) -> None:
        """Takes over what was agreed on with the client."""
        self.files.encoding = Encoding(encoding)
        self.files.folders = folders
        self._loop = asyncio.get_running_loop()

    def schedule(self, document: Document, delay: float = QUIET) -> None:
        """Has a text checked soon."""
        source, checker = document.snapshot.source, document.checker
        self.worker.schedule(
            document.uri, Job(document.uri, source, checker, self.files.reader(), document.near), delay
        )

    def schedule_users(self, changed: Path | None) -> None:
        """Has the open texts checked that may use a file; all, if it is not known which has changed."""
        for document in self.files.documents.values():
            known = document.findings
            if changed is None or known is None or changed in known.files:
                self.schedule(document)

    def _check(self, job: Job, cancelled: Event) -> None:
        """In the worker's thread: sends what is found to the server's own."""
        try:
            warm_up()
            for findings in job.checker.check(job.source, job.read, job.near, cancelled):
                self._deliver(self._found, job.uri, findings)
            if job.checker.gather(cancelled):
                self._deliver(self._gathered, job.uri, dict(job.checker.facts))
        except Exception:  # noqa: BLE001 - a fault of ours in one text must not end the checks of all others
            self._deliver(self._broken, job.uri, traceback.format_exc())

    def _deliver(self, receive: Callable[[str, Answer], None], uri: str, answer: Answer) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(receive, uri, answer)

    def _found(self, uri: str, findings: Findings) -> None:
        document = self.files.documents.get(uri)
        if document is None or document.snapshot.source is not findings.source:
            return
        document.findings = findings
        diagnostics = [self.convert.diagnostic(each, document) for each in shown(findings)]
        self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, diagnostics, document.version))

    def _gathered(self, uri: str, facts: dict[str, ModelFacts]) -> None:
        document = self.files.documents.get(uri)
        if document is None:
            return
        document.facts = facts
        workspace = self.client_capabilities.workspace
        if workspace is not None and workspace.inlay_hint is not None and workspace.inlay_hint.refresh_support:
            self.workspace_inlay_hint_refresh(None)

    def _broken(self, uri: str, trace: str) -> None:
        message = f"internal error while checking {uri}; please report it\n{trace}"
        self.window_log_message(types.LogMessageParams(types.MessageType.Error, message))

    # --- texts -----------------------------------------------------------------------------------

    def text_of(self, uri: str) -> Snapshot | None:
        """An open text, or a file that the client shows without having opened it."""
        document = self.files.documents.get(uri)
        if document is not None:
            return document.snapshot
        path = path_of(uri)
        return self.files.file(path) if path is not None else None

    def at(self, params: AtPosition) -> tuple[Snapshot, int] | None:
        """The text and the offset that a request is about."""
        snapshot = self.text_of(params.text_document.uri)
        if snapshot is None:
            return None
        offset = self.convert.offset(snapshot, params.position)
        document = self.files.documents.get(params.text_document.uri)
        if document is not None:
            document.near = offset
        return snapshot, offset

    def edit(self, document: Document, change: types.TextDocumentContentChangeEvent, text: str) -> str:
        """The text after one change of it."""
        if isinstance(change, types.TextDocumentContentChangeWholeDocument):
            return change.text
        positions = Positions(text, self.files.encoding)
        start = positions.offset(change.range.start.line, change.range.start.character)
        end = positions.offset(change.range.end.line, change.range.end.character)
        document.near = start
        return text[:start] + change.text + text[end:]


def make_server(limits: Limits) -> Server:
    """A server with all its capabilities, ready to be started."""
    server = Server(limits)
    _documents(server)
    _language(server)
    _names(server)
    _whole_texts(server)
    return server


def _documents(server: Server) -> None:
    """Opening, changing and closing."""

    @server.feature(types.INITIALIZE)
    def initialize(params: types.InitializeParams) -> None:
        paths = (path_of(folder.uri) for folder in params.workspace_folders or ())
        server.convert.documents = params.capabilities.text_document or server.convert.documents
        encoding = _plain(server.workspace.position_encoding or types.PositionEncodingKind.Utf16)
        server.begin(encoding, [path for path in paths if path is not None])

    @server.feature(types.INITIALIZED)
    def initialized(_params: types.InitializedParams) -> None:
        server.files.read_library()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: types.DidOpenTextDocumentParams) -> None:
        opened = params.text_document
        document = server.files.open(opened.uri, opened.text, opened.version)
        server.schedule(document, 0)
        server.schedule_users(document.snapshot.path)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: types.DidChangeTextDocumentParams) -> None:
        document = server.files.documents.get(params.text_document.uri)
        if document is None:
            return
        text = document.snapshot.text
        for change in params.content_changes:
            text = server.edit(document, change, text)
        server.files.change(document, text, params.text_document.version)
        server.schedule(document)
        if document.snapshot.path is not None:
            server.schedule_users(document.snapshot.path)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: types.DidCloseTextDocumentParams) -> None:
        uri = params.text_document.uri
        server.worker.forget(uri)
        server.files.close(uri)
        server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri, []))
        server.schedule_users(path_of(uri))

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_files(params: types.DidChangeWatchedFilesParams) -> None:
        server.schedule_users(path_of(params.changes[0].uri) if len(params.changes) == 1 else None)

    @server.feature(types.SHUTDOWN)
    def shutdown(_params: None) -> None:
        server.worker.stop()


def _language(server: Server) -> None:
    """What is said of a place."""

    @server.feature(
        types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=_TRIGGERS, resolve_provider=False)
    )
    def completion(params: types.CompletionParams) -> types.CompletionList | None:
        place = server.at(params)
        typed = params.context.trigger_character if params.context else None
        found = complete(server.files, *place, typed) if place else None
        if place is None or found is None:
            return None
        snapshot, offset = place
        items = [server.convert.item(item, snapshot, found.start, offset) for item in found.items]
        return types.CompletionList(is_incomplete=False, items=items)

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def on_hover(params: types.HoverParams) -> types.Hover | None:
        place = server.at(params)
        found = hover(server.files, *place) if place else None
        return server.convert.hover(found, place[0]) if place and found else None

    @server.feature(
        types.TEXT_DOCUMENT_SIGNATURE_HELP,
        types.SignatureHelpOptions(trigger_characters=["(", ","], retrigger_characters=["="]),
    )
    def on_signature(params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        place = server.at(params)
        found = signature_help(server.files, *place) if place else None
        return server.convert.signature(found) if found else None

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION,
        types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll]),
    )
    def code_action(params: types.CodeActionParams) -> list[types.CodeAction]:
        document = server.files.documents.get(params.text_document.uri)
        if document is None:
            return []
        start = server.convert.offset(document.snapshot, params.range.start)
        end = server.convert.offset(document.snapshot, params.range.end)
        found = actions(document.findings, document.snapshot, start, end)
        offered = [server.convert.action(action, document, params.context.diagnostics) for action in found]
        only = params.context.only
        return [a for a in offered if only is None or any(_is_kind(a.kind, kind) for kind in only)]


def _is_kind(kind: types.CodeActionKind | str | None, wanted: types.CodeActionKind | str) -> bool:
    """Whether a kind of action is the wanted one or below it: `source` is above `source.fixAll`."""
    return f"{_plain(kind)}.".startswith(f"{_plain(wanted)}.")


def _plain(word: Enum | str | None) -> str:
    """A word of the protocol as it is sent."""
    return str(word.value if isinstance(word, Enum) else word)


def _names(server: Server) -> None:
    """Where names are defined and used, and other names for them."""

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def on_definition(params: types.DefinitionParams) -> types.Location | None:
        place = server.at(params)
        found = definition(server.files, *place) if place else None
        return server.convert.location(found) if found else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def on_references(params: types.ReferenceParams) -> list[types.Location]:
        place = server.at(params)
        found = references(server.files, *place) if place else []
        wanted = (use for use in found if params.context.include_declaration or not use.defines)
        return [location for use in wanted if (location := server.convert.location(use)) is not None]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def on_highlight(params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        place = server.at(params)
        occurrence = place[0].index.at(place[1]) if place else None
        if place is None or occurrence is None:
            return []
        snapshot = place[0]
        return [
            types.DocumentHighlight(
                server.convert.range(snapshot, each.span.start, each.span.end),
                types.DocumentHighlightKind.Write if each.defines else types.DocumentHighlightKind.Read,
            )
            for each in snapshot.index.of(occurrence.symbol)
        ]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: types.PrepareRenameParams) -> types.Range | None:
        place = server.at(params)
        if place is None:
            return None
        span = _refusing(lambda: renamable(server.files, *place))
        return server.convert.range(place[0], span.start, span.end)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    def on_rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        place = server.at(params)
        if place is None:
            return None
        found = _refusing(lambda: rename(server.files, *place, params.new_name))
        changes: dict[str, list[types.TextEdit]] = {}
        for use in found.uses:
            location = server.convert.location(use)
            if location is not None:
                changes.setdefault(location.uri, []).append(types.TextEdit(location.range, found.name))
        return types.WorkspaceEdit(changes=changes)


def _refusing(ask: Callable[[], Answer]) -> Answer:
    """An answer, or the refusal as the protocol's error."""
    try:
        return ask()
    except Refusal as refusal:
        raise _Refused(str(refusal)) from None


class _Refused(JsonRpcException):
    """A request that cannot be carried out; the message is for the user."""

    CODE = types.LSPErrorCodes.RequestFailed.value
    MESSAGE = "request failed"


def _whole_texts(server: Server) -> None:
    """What is said of a text as a whole."""

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def document_symbol(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        snapshot = server.text_of(params.text_document.uri)
        return [server.convert.entry(entry, snapshot) for entry in outline(snapshot)] if snapshot else []

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding(params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        snapshot = server.text_of(params.text_document.uri)
        return [convert.fold(each) for each in folds(snapshot)] if snapshot else []

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensLegend(list(TYPES), list(MODIFIERS)))
    def semantic_tokens(params: types.SemanticTokensParams) -> types.SemanticTokens | None:
        snapshot = server.text_of(params.text_document.uri)
        return server.convert.tokens(tokens(server.files, snapshot), snapshot) if snapshot else None

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def on_formatting(params: types.DocumentFormattingParams) -> list[types.TextEdit] | None:
        snapshot = server.text_of(params.text_document.uri)
        changes = formatting(snapshot) if snapshot else None
        if snapshot is None or changes is None:
            return None
        return [types.TextEdit(server.convert.range(snapshot, c.start, c.end), c.text) for c in changes]

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    def inlay_hint(params: types.InlayHintParams) -> list[types.InlayHint]:
        snapshot = server.text_of(params.text_document.uri)
        if snapshot is None:
            return []
        start = server.convert.offset(snapshot, params.range.start)
        end = server.convert.offset(snapshot, params.range.end)
        return [server.convert.inlay(each, snapshot) for each in inlays(server.files, snapshot, start, end)]
