"""`resdsl zoo`: what ships, its texts and the proof of its figures."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, count, usage

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    zoo = commands.add_parser(
        "zoo",
        help="what ships",
        description="The networks that ship: all, some families (files), one's text, or the proof of their figures.",
        usage="resdsl zoo [FAMILY ...] [--format FORMAT]\n       resdsl zoo show NAME\n"
        "       resdsl zoo verify [NAME ...] [--peers]",
    )
    zoo.add_argument("words", metavar="FAMILY", nargs="*", help="or show and a network, or verify and networks")
    zoo.add_argument("--format", choices=("table", "json", "md"), help="of the list (default: table)")
    zoo.add_argument(
        "--peers", action="store_true",
        help="verify runs a network beside that of a library too, with its weights: minutes",
    )  # fmt: skip
    zoo.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Lists, or does what the first word says."""
    action, *names = options.words or [""]
    if options.peers and action != "verify":
        return usage("--peers belongs to zoo verify")
    if options.format and action in {"show", "verify"}:
        return usage("--format belongs to the list")
    if action == "show":
        return _zoo_show(names)
    if action == "verify":
        return _zoo_verify(names, peers=options.peers)
    return _zoo_list(options.words, options.format or "table")


def _zoo_list(families: Sequence[str], form: str) -> int:
    from dataclasses import asdict

    from resdsl import zoo
    from resdsl.analysis.summary import gmacs

    rows = zoo.rows(families)
    if form == "json":
        import json

        print(json.dumps([asdict(row) for row in rows], indent=2))
        return FINE
    if form == "md":
        print("| family | name | params | GMACs | depth | paper |\n| --- | --- | ---: | ---: | ---: | --- |")
        for row in rows:
            paper = row.paper and f"[{row.paper}](https://arxiv.org/abs/{row.paper})"
            print(f"| {row.family} | {row.name} | {row.params:,} | {gmacs(row.macs)} | {row.depth} | {paper} |")
        return FINE
    line = "{{:<{}}}  {{:<{}}}  {{:>11}}  {{:>7}}  {{:>5}}  {{}}".format(*zoo.widths())
    print(line.format("family", "name", "params", "GMACs", "depth", "paper"))
    for row in rows:
        paper = row.paper and f"arXiv:{row.paper}"
        figures = (f"{row.params:,}", gmacs(row.macs), row.depth, paper)
        print(line.format(row.family, row.name, *figures), flush=True)  # a row is there when it is computed
    return FINE


def _zoo_show(names: Sequence[str]) -> int:
    from resdsl.zoo import text_of

    if len(names) != 1:
        return usage("zoo show takes the name of one network")
    text, path, line = text_of(names[0])
    print(text, end="", flush=True)
    print(f"{names[0]} is line {line} of {path.name}", file=sys.stderr)
    return FINE


def _zoo_verify(names: Sequence[str], *, peers: bool) -> int:
    from resdsl.zoo import verify

    counted = differing = 0
    missing: set[str] = set()
    for verdict in verify(names, peers=peers):
        print(verdict, flush=True)
        counted += 1
        differing += bool(verdict.differences)
        missing |= {verdict.missing} - {""}
    if missing:
        print(f"not compared with the peers of {', '.join(sorted(missing))}, which cannot be imported", file=sys.stderr)
    print(f"{count(counted, 'network')}, {differing or 'none'} {'differ' if differing != 1 else 'differs'}")
    return FAULTY if differing else FINE
