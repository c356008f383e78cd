"""The language server as an editor meets it: keystrokes into the largest specs, and how long the answers take.

The server is a process, spoken to over its standard input and output. Each keystroke is followed at once by what an
editor asks for: completion, hover, and syntax (colours and outline). Their time is from sending the keystroke to
having the answer; `processor` is what one of the three costs the server itself, whatever else the machine does, and
`control` a question about an empty text. Diagnostics are done when the last of a keystroke's have come. One text is
typed into a variant, whose model alone is elaborated again, and one into a block that every model uses, which costs
all of them.

Run it as `python benchmarks/language_server.py`; `--no-write` keeps the results as they are.
"""

from __future__ import annotations

import asyncio
import re
import statistics
import sys
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from _measure import report
from lsprotocol import types
from pygls.lsp.client import LanguageClient

from resdsl.diagnostics import Report
from resdsl.elaborate import build, load_program
from resdsl.source import Source

ROOT = Path(__file__).resolve().parent.parent
SPECS = ROOT / "specs"
ROUNDS = 1
EMPTY = "untitled:empty"
"""A text without anything in it, for the control: what a question about nothing takes is the machine's own time."""
PACE = 0.12
"""Seconds between keystrokes of somebody who does not stop to look."""
QUIET = 1.2
"""Seconds without further diagnostics after which those of a keystroke are all there."""


@dataclass
class Session:
    """A client with one open text."""

    client: LanguageClient
    uri: str
    text: str
    version: int = 1
    server: int = 0
    """The server's process."""
    published: dict[int, float] = field(default_factory=dict)
    """When the last diagnostics of each version came."""

    @property
    def document(self) -> types.TextDocumentIdentifier:
        return types.TextDocumentIdentifier(self.uri)

    def position(self, offset: int) -> types.Position:
        return types.Position(self.text.count("\n", 0, offset), offset - self.text.rfind("\n", 0, offset) - 1)

    def type(self, offset: int, text: str, *, instead: int = 0) -> float:
        """Sends one change; returns when."""
        place = types.Range(self.position(offset), self.position(offset + instead))
        self.text = self.text[:offset] + text + self.text[offset + instead :]
        self.version += 1
        identifier = types.VersionedTextDocumentIdentifier(self.version, self.uri)
        change = types.TextDocumentContentChangePartial(place, text)
        sent = time.perf_counter()
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(identifier, [change]))
        return sent

    def processor(self) -> float:
        """Seconds of the processor that the server's own thread (not that of the checks) has had; 0 where none says."""
        file = Path(f"/proc/{self.server}/task/{self.server}/schedstat")
        return int(file.read_text().split()[0]) / 1e9 if file.exists() else 0.0

    async def diagnosed(self) -> float:
        """Waits for all diagnostics of the current version; returns when the last came."""
        began = time.perf_counter()
        while True:
            last = self.published.get(self.version)
            now = time.perf_counter()
            if last is not None and now - last > QUIET:
                return last
            if now - began > 30:
                raise TimeoutError(f"no diagnostics of version {self.version}")
            await asyncio.sleep(0.005)


async def answered(sent: float, answer: Awaitable[object]) -> float:
    """Seconds from a keystroke to an answer."""
    await answer
    return time.perf_counter() - sent


async def keystrokes(session: Session, offset: int, text: str) -> dict[str, list[float]]:
    """Types a text, a character at a time, and takes it back; seconds of each kind of answer to each keystroke."""
    kinds = ("completion", "hover", "syntax", "diagnostics", "control", "processor")
    times: dict[str, list[float]] = {kind: [] for kind in kinds}
    client, document = session.client, session.document
    for place, char in enumerate(text, offset):
        worked = session.processor()
        sent = session.type(place, char)
        at = session.position(place + 1)
        completion = types.CompletionParams(document, at)
        times["completion"].append(await answered(sent, client.text_document_completion_async(completion)))
        sent = session.type(place, char, instead=1)  # the same again, for an answer of its own
        hover = types.HoverParams(document, session.position(offset - 1))
        times["hover"].append(await answered(sent, client.text_document_hover_async(hover)))
        sent = session.type(place, char, instead=1)
        colours = client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(document))
        outline = client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        times["syntax"].append(await answered(sent, asyncio.gather(colours, outline)))
        times["processor"].append((session.processor() - worked) / 3)
        times["diagnostics"].append(await session.diagnosed() - sent)
        nothing = types.HoverParams(types.TextDocumentIdentifier(EMPTY), types.Position(0, 0))
        times["control"].append(await answered(time.perf_counter(), client.text_document_hover_async(nothing)))
    sent = session.type(offset, "", instead=len(text))
    times["diagnostics"].append(await session.diagnosed() - sent)
    return times


def places(text: str) -> dict[str, tuple[int, str]]:
    """Where is typed, and what: an argument of the first variant, and one of the first step of the first block."""
    variant = re.search(r"^model \w+ *= *\w+\(", text, re.MULTILINE)
    block = re.search(r"^block .*?\bbn\b", text, re.MULTILINE | re.DOTALL) or re.search(
        r"^model .*?\bbn\b", text, re.MULTILINE | re.DOTALL
    )
    assert variant is not None
    assert block is not None
    return {"in a variant": (variant.end(), "classes=10, "), "in a block": (block.end(), "(eps=1e-4)")}


async def unbroken(session: Session, offset: int, text: str) -> dict[str, list[float]]:
    """Types a text as fast as one types, while the checks of what was typed before run; completion after each."""
    times = []
    for place, char in enumerate(text, offset):
        await asyncio.sleep(PACE)
        sent = session.type(place, char)
        completion = types.CompletionParams(session.document, session.position(place + 1))
        times.append(await answered(sent, session.client.text_document_completion_async(completion)))
    session.type(offset, "", instead=len(text))
    await session.diagnosed()
    return {"completion while typing on": times}


async def measure(path: Path, text: str) -> dict[str, Any]:
    """All figures for one spec."""
    client = LanguageClient("benchmark", "1")
    session = Session(client, path.as_uri(), text)

    @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
    def published(params: types.PublishDiagnosticsParams) -> None:
        if params.uri == session.uri:
            session.published[params.version or 0] = time.perf_counter()

    began = time.perf_counter()
    await client.start_io(sys.executable, "-m", "resdsl", "lsp", cwd=ROOT)
    process = client._server  # noqa: SLF001 - pygls has no other way to the process that it starts
    assert process is not None
    session.server = process.pid
    capabilities = types.ClientCapabilities()
    await client.initialize_async(types.InitializeParams(capabilities=capabilities))
    client.initialized(types.InitializedParams())
    item = types.TextDocumentItem(session.uri, "resdsl", 1, text)
    client.text_document_did_open(types.DidOpenTextDocumentParams(item))
    client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(EMPTY, "resdsl", 1, "")))
    opened = await session.diagnosed() - began
    result: dict[str, Any] = {"spec": path.name, "lines": text.count("\n"), "start_to_diagnostics": opened}
    for where, (offset, typed) in places(text).items():
        times: dict[str, list[float]] = {}
        for _ in range(ROUNDS):
            stopping, going_on = await keystrokes(session, offset, typed), await unbroken(session, offset, typed)
            for kind, found in (stopping | going_on).items():
                times.setdefault(kind, []).extend(found)
        result[where] = {kind: seconds(found) for kind, found in times.items()}
    await client.shutdown_async(None)
    client.exit(None)
    await client.stop()
    return result


def seconds(times: list[float]) -> dict[str, float]:
    return {"median": statistics.median(times), "worst": max(times), "keystrokes": len(times)}


def main() -> None:
    specs = sorted(SPECS.glob("*.res"))
    chosen = {"largest text": max(specs, key=lambda path: path.stat().st_size), "most steps": max(specs, key=steps)}
    report("language_server", {what: asyncio.run(measure(path, path.read_text())) for what, path in chosen.items()})


def steps(path: Path) -> int:
    """Steps of all models of a spec."""
    report = Report()
    program = load_program(Source(str(path), path.read_text(encoding="utf-8")), report)
    graphs = (build(program, name, report) for name, info in program.models.items() if info.buildable)
    return sum(len(graph) for graph in graphs if graph is not None)


if __name__ == "__main__":
    main()
