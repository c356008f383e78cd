"""The language server as an editor drives it: a process, its standard input and output, the protocol."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities, make_test_lsp_client

CURSOR = "@@"
"""Where the cursor is in a test's text."""

NET = """\
# A small net.
use std: project

# Two convolutions and a way around them.
block unit(width, stride = 1) {
  residual {
    conv(3, width, stride=stride) -> bn -> relu
    conv(3, width) -> bn
  } shortcut project
  relu
}

model net(classes = 10) {
  input 3x32x32
  conv(3, 16) -> bn -> relu
  for s in range(2) {
    stage layer{s + 1}: 2 x unit(16 * 2^s, stride = (1 if s == 0 else 2) then 1)
  }
  avgpool -> flatten -> fc: linear(classes)
}

model wide = net(classes=100) { expect depth == 10 }
"""

SECONDS = 10.0
"""How long a test waits for what the server sends by itself, on a busy machine."""


def capabilities() -> types.ClientCapabilities:
    """What VS Code says that it can, an old version that does not yet say how it counts columns, and hints."""
    found = client_capabilities("visual-studio-code@1.65.2")
    found.workspace.inlay_hint = types.InlayHintWorkspaceClientCapabilities(refresh_support=True)
    return found


@dataclass
class Editor:
    """An editor with some files in a folder."""

    client: LanguageClient
    folder: Path
    versions: dict[str, int] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)

    def uri(self, name: str) -> str:
        return (self.folder / name).as_uri()

    def write(self, name: str, text: str) -> str:
        """A file on the disk, not open."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return self.uri(name)

    def open(self, name: str, text: str) -> types.Position | None:
        """Opens a text; returns where its cursor mark was."""
        text, position = split(text)
        uri = self.uri(name)
        self.texts[uri] = text
        self.versions[uri] = 1
        self.client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "resdsl", 1, text))
        )
        return position

    def type(self, name: str, at: types.Position, text: str, *, over: types.Position | None = None) -> int:
        """Types a text at a position (over what is up to another); returns the new version."""
        uri = self.uri(name)
        lines = self.texts[uri].split("\n")
        end = over or at
        head = "\n".join([*lines[: at.line], lines[at.line][: at.character]])
        tail = "\n".join([lines[end.line][end.character :], *lines[end.line + 1 :]])
        self.texts[uri] = head + text + tail
        self.versions[uri] += 1
        change = types.TextDocumentContentChangePartial(types.Range(at, end), text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(self.versions[uri], uri), [change])
        )
        return self.versions[uri]

    def replace(self, name: str, text: str) -> int:
        """Sends a whole new text."""
        uri = self.uri(name)
        self.texts[uri] = text
        self.versions[uri] += 1
        change = types.TextDocumentContentChangeWholeDocument(text)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(self.versions[uri], uri), [change])
        )
        return self.versions[uri]

    async def diagnostics(self, name: str, *codes: str) -> list[types.Diagnostic]:
        """The diagnostics of a text once they are those of its current state and have exactly these codes."""
        uri = self.uri(name)
        until = monotonic() + SECONDS
        found: list[types.Diagnostic] | None = None
        while monotonic() < until:
            if uri in self.client.diagnostics:
                found = list(self.client.diagnostics[uri])
                if sorted(str(d.code) for d in found) == sorted(codes):
                    return found
            await asyncio.sleep(0.01)
        raise AssertionError(f"no diagnostics {sorted(codes)}; the last were {found}")

    async def hints(self, name: str) -> dict[int, str]:
        """The shapes at the ends of lines, by line from 0, once there are some."""
        lines = self.texts[self.uri(name)].count("\n") + 1
        whole = types.Range(types.Position(0, 0), types.Position(lines, 0))
        async with asyncio.timeout(SECONDS):
            while True:
                params = types.InlayHintParams(self.document(name), whole)
                found = await self.client.text_document_inlay_hint_async(params)
                if found:
                    return {hint.position.line: str(hint.label) for hint in found}
                await asyncio.sleep(0.01)

    async def until_hint(self, name: str, line: int, text: str) -> None:
        """Waits until a line ends in a shape."""
        until = monotonic() + SECONDS
        while (found := (await self.hints(name)).get(line)) != text:
            assert monotonic() < until, found
            await asyncio.sleep(0.01)

    async def until(self, holds: Callable[[], bool]) -> None:
        """Waits until something holds."""
        until = monotonic() + SECONDS
        while not holds():
            assert monotonic() < until
            await asyncio.sleep(0.01)

    @property
    def legend(self) -> types.SemanticTokensLegend:
        """What the numbers of colours mean."""
        return self.client.server.semantic_tokens_provider.legend

    def at(self, name: str, needle: str, offset: int = 0) -> types.Position:
        """The position of a piece of an open text."""
        text = self.texts[self.uri(name)]
        place = text.index(needle) + offset
        line = text.count("\n", 0, place)
        return types.Position(line, place - text.rfind("\n", 0, place) - 1)

    def document(self, name: str) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri(name))


def split(text: str) -> tuple[str, types.Position | None]:
    """A text without its cursor mark, and where the mark was."""
    before, mark, after = text.partition(CURSOR)
    if not mark:
        return text, None
    return before + after, types.Position(before.count("\n"), len(before) - before.rfind("\n") - 1)


def make_client() -> LanguageClient:
    """A client that counts how often it is asked to draw its hints anew."""
    client = make_test_lsp_client()
    client.refreshes = 0

    @client.feature(types.WORKSPACE_INLAY_HINT_REFRESH)
    def refresh(_params: None) -> None:
        client.refreshes += 1

    return client


@pytest_lsp.fixture(
    scope="session",
    config=ClientServerConfig([sys.executable, "-m", "resdsl", "lsp"], client_factory=make_client),
)
async def client(lsp_client: LanguageClient) -> AsyncIterator[None]:
    result = await lsp_client.initialize_session(types.InitializeParams(capabilities=capabilities()))
    lsp_client.server = result.capabilities
    yield
    await lsp_client.shutdown_session()


@pytest.fixture
def editor(client: LanguageClient, tmp_path: Path) -> Editor:
    return Editor(client, tmp_path.resolve())


@pytest.fixture
def net() -> str:
    """A spec without faults."""
    return NET
