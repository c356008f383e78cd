"""`resdsl summary`: figures of a net."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, load, whole

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    summary = commands.add_parser("summary", help="figures, and a row a stage", description="Figures of a net.")
    add_spec(summary)
    summary.add_argument("--format", choices=("table", "md", "csv", "json", "latex"), default="table")
    summary.add_argument("--depth", choices=("stage", "block", "ops"), default="stage", help="what a row is")
    summary.add_argument("--batch", metavar="N", type=whole, default=1, help="inputs that memory is told for")
    summary.add_argument(
        "--dtype",
        choices=("float64", "float32", "float16", "bfloat16"),
        default="float32",
        help="type that memory is told for",
    )
    summary.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.analysis.summary_table import summary_table

    net, _ = load(options)
    summary = net.summary(options.depth)
    if options.format == "json":
        print(summary.to_json(), end="")
    else:
        table = summary_table(summary, options.batch, options.dtype)
        print(table.csv() if options.format == "csv" else table.dense().render(options.format), end="")
    return FINE
