"""`resdsl lsp`: the language server, for editors."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

from resdsl.cli.common import FINE, add_limits, limits_of, usage

if TYPE_CHECKING:
    from resdsl.cli.common import Commands

SWITCH = 0.001
"""Seconds after which the checks in the background let the answers to the editor go on."""


def add(commands: Commands) -> None:
    lsp = commands.add_parser(
        "lsp", help="the language server, for editors", description="The language server: see docs/editors.md."
    )
    lsp.add_argument("--stdio", action="store_true", help="over standard input and output (the default)")
    lsp.add_argument("--tcp", metavar="PORT", type=_port, help="over a port of this machine instead")
    lsp.set_defaults(run=run)
    add_limits(lsp)


def run(options: argparse.Namespace) -> int:
    if find_spec("pygls") is None:
        return usage("the language server needs pygls: pip install 'resdsl[lsp]'")
    from resdsl.elaborate.program import PYTHON_FRAMES
    from resdsl.lsp.server import make_server

    gc.enable()  # a server is no short command
    sys.setrecursionlimit(PYTHON_FRAMES)  # once and for all: several threads look at it
    sys.setswitchinterval(SWITCH)
    server = make_server(limits_of(options))
    if options.tcp is not None:
        server.start_tcp("127.0.0.1", options.tcp)
    else:
        server.start_io(stdout=_own_output())
    return FINE


def _own_output() -> BinaryIO:
    """The standard output for the protocol alone; what else is written there goes to standard error."""
    sys.stdout.flush()
    output = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return output


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port < 65_536:
        raise ValueError(text)
    return port


_port.__name__ = "port"  # argparse's word for the type
