"""`resdsl summary`: figures of a net."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, load

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    summary = commands.add_parser("summary", help="figures, and a row a stage", description="Figures of a net.")
    add_spec(summary)
    summary.add_argument("--format", choices=("table", "json"), default="table")
    summary.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    net, _ = load(options)
    summary = net.summary()
    print(summary.to_json() if options.format == "json" else summary.to_table(), end="")
    return FINE
