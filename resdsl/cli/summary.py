"""`resdsl summary`: figures of a net."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from resdsl.cli.common import DTYPES, FINE, add_spec, load, whole

if TYPE_CHECKING:
    from resdsl.cli.common import Commands

_UNITS = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}


def add(commands: Commands) -> None:
    summary = commands.add_parser("summary", help="figures, and a row a stage", description="Figures of a net.")
    add_spec(summary)
    summary.add_argument("--format", choices=("table", "md", "csv", "json", "latex"), default="table")
    summary.add_argument("--depth", choices=("stage", "block", "ops"), default="stage", help="what a row is")
    memory = summary.add_argument_group("memory")
    memory.add_argument("--batch", metavar="N", type=_sizes, default=(1,), help="batch sizes, such as 1,32,256")
    memory.add_argument(
        "--dtype",
        type=lambda text: DTYPES.get(text, text),
        choices=("float64", *DTYPES.values()),
        default="float32",
        help="type of weights and values",
    )
    memory.add_argument("--optimizer", choices=("sgd", "momentum", "adam"), default="sgd", help="whose state it holds")
    memory.add_argument("--fit", metavar="BYTES", type=_bytes, help="tell the largest batches in so much, such as 24GB")
    summary.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.analysis.summary import summarize
    from resdsl.analysis.summary_table import summary_tables

    net, _ = load(options)
    summary = summarize(net.ir, options.depth, options.batch, options.dtype, options.optimizer, options.fit)
    if options.format == "json":
        print(summary.to_json(), end="")
        return FINE
    table, memory = summary_tables(summary)
    print(table.render(options.format), end="")
    if options.format != "csv":
        print("\n" + memory.render(options.format), end="")
    return FINE


def _sizes(text: str) -> tuple[int, ...]:
    """`1,32,256`, each once."""
    try:
        return tuple(dict.fromkeys(whole(part) for part in text.split(",")))
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no batch size and no list of them, such as 1,32,256") from None


def _bytes(text: str) -> int:
    """`24GB` (billions), `24GiB` (2**30)."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT]i?B)", text)
    if not found or not float(found[1]):
        raise argparse.ArgumentTypeError(f"{text!r} is no amount of memory, such as 24GB (billions) or 24GiB (2**30)")
    return int(float(found[1]) * _UNITS[found[2]])
