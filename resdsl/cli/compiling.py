"""`resdsl compile`: readable PyTorch."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, count, load, put
from resdsl.specs import STDIN

if TYPE_CHECKING:
    from resdsl.api import Architecture
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    compile_ = commands.add_parser("compile", help="write readable PyTorch", description="Write readable PyTorch.")
    add_spec(compile_)
    compile_.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    compile_.add_argument(
        "--no-verify", dest="verify", action="store_false", help="do not build the module and run a step with it"
    )
    compile_.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    net, spec = load(options)
    source = net.source()
    figures = _figures(net)
    if options.verify:
        from resdsl.runtime import verify

        figures += f"; {verify(net.ir, source)}"
    put(source, options.output, spec)
    print(figures, file=sys.stderr if options.output == STDIN else sys.stdout)
    return FINE


def _figures(net: Architecture) -> str:
    from resdsl.analysis.summary import gmacs

    summary = net.summary()
    return (
        f"{summary.model}: {summary.params:,} parameters, {gmacs(summary.macs)} GMACs, depth {summary.depth}, "
        f"{count(net.source().count(chr(10)), 'line')}"
    )
