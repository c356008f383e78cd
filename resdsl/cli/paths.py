"""`resdsl paths`: how many paths a net has, and how long they are."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, load, usage

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    paths = commands.add_parser(
        "paths",
        help="count the paths of a net",
        description="The paths from input to output and their lengths, exactly (arXiv:1605.06431).",
    )
    add_spec(paths)
    paths.add_argument("--by", choices=("units", "layers"), default="units", help="what a length counts")
    paths.add_argument(
        "--band", metavar="A-B", type=band, action="append", default=[], help="tell the share of these lengths too"
    )
    paths.add_argument("--format", choices=("table", "md", "csv", "json", "latex"), default="table")
    paths.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.analysis.paths import path_lengths
    from resdsl.analysis.paths_table import paths_json, paths_table

    net, _ = load(options)
    try:
        found = path_lengths(net.ir, by_layer=options.by == "layers")
    except ValueError as error:
        return usage(str(error))
    if options.format == "json":
        print(paths_json(net.name, found, options.by), end="")
        return FINE
    table = paths_table(net.name, found, options.by, tuple(options.band), whole=options.format == "csv")
    print(table.render(options.format), end="")
    return FINE


def band(text: str) -> tuple[int, int]:
    """`5-17`."""
    first, dash, last = text.partition("-")
    if not dash or int(first) > int(last):
        raise ValueError(text)
    return int(first), int(last)


band.__name__ = "range such as 5-17"  # argparse's word for the type
