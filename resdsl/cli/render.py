"""`resdsl render`: pictures of a net."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, load, put
from resdsl.specs import STDIN

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    render = commands.add_parser("render", help="draw a net", description="Draw a net.")
    add_spec(render)
    render.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    render.add_argument("--level", choices=("stage", "block"), default="stage", help="what one node is")
    render.add_argument("--format", choices=("svg", "png", "pdf", "dot"), help="default: what FILE ends in, or svg")
    render.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    net, spec = load(options)
    suffix = "" if options.output == STDIN else Path(options.output).suffix.removeprefix(".")
    picture = net.render(level=options.level, format=options.format or suffix or "svg")
    assert not isinstance(picture, Path)
    put(picture, options.output, spec)
    return FINE
