"""The command, and what is agreed on at the start."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient

from resdsl.cli import lsp as command
from resdsl.cli import main

ENCODINGS = {"utf-8": 5, "utf-16": 3, "utf-32": 2}
"""Columns that stand before what follows a smiley and a quotation mark."""


def test_without_its_package_it_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr(command, "find_spec", lambda _name: None)
    assert main(["lsp"]) == 2
    assert "pip install 'resdsl[lsp]'" in capsys.readouterr().err


def test_a_port_is_a_number(capsys):
    with pytest.raises(SystemExit):
        main(["lsp", "--tcp", "70000"])
    assert "invalid port" in capsys.readouterr().err


def test_nothing_but_the_protocol_is_on_standard_output():
    body = b'{"jsonrpc": "2.0", "method": "exit"}'
    message = b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
    done = subprocess.run([sys.executable, "-m", "resdsl", "lsp"], check=True, input=message, capture_output=True)
    assert (done.stdout, done.stderr) == (b"", b"")


def test_over_a_port_of_this_machine():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-m", "resdsl", "lsp", "--tcp", str(port)])
    try:
        connection = connected(port)
        body = b'{"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"capabilities": {}}}'
        connection.sendall(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        assert connection.recv(16).startswith(b"Content-Length")
        connection.close()
    finally:
        process.kill()
        process.wait()


def connected(port: int) -> socket.socket:
    """A connection, as soon as there is somebody to connect to."""
    for _ in range(200):
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            subprocess.run(["sleep", "0.05"], check=True)
    raise AssertionError(f"nobody listens on port {port}")


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[sys.executable, "-m", "resdsl", "lsp"]))
async def other(lsp_client: LanguageClient):
    yield
    await lsp_client.shutdown_session()


@pytest.mark.asyncio
@pytest.mark.parametrize("encoding", ENCODINGS)
async def test_columns_are_counted_as_agreed_on(other, encoding, tmp_path):
    general = types.GeneralClientCapabilities(position_encodings=[encoding])
    result = await other.initialize_session(types.InitializeParams(types.ClientCapabilities(general=general)))
    assert result.capabilities.position_encoding == encoding
    uri = (tmp_path / "net.res").as_uri()
    text = 'model m {\n  input 3x8x8; require true else "🙂"; relu\n}\n'
    item = types.TextDocumentItem(uri, "resdsl", 1, text)
    other.text_document_did_open(types.DidOpenTextDocumentParams(item))
    column = text.split("\n")[1].index("🙂") + ENCODINGS[encoding] + 2
    params = types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(1, column + 1))
    found = await other.text_document_hover_async(params)
    assert found.range == types.Range(types.Position(1, column), types.Position(1, column + 4))
