"""`resdsl diff`: what distinguishes two nets."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, SPEC_HELP, add_common, limits_of, tell
from resdsl.specs import find

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    diff = commands.add_parser(
        "diff",
        help="compare two nets",
        description="What distinguishes two nets: steps, shapes, keys, figures. Exit code 1 where they differ.",
    )
    diff.add_argument("before", metavar="A", help=SPEC_HELP)
    diff.add_argument("after", metavar="B", help="likewise")
    diff.add_argument("--format", choices=("text", "json"), default="text")
    diff.add_argument(
        "--equivalent", action="store_true",
        help="say only whether they are one but for names: isomorphic graphs with equal operators and shapes",
    )  # fmt: skip
    add_common(diff, "--errors")
    diff.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.analysis.difference import difference
    from resdsl.analysis.difference_text import difference_text
    from resdsl.api import compile_spec
    from resdsl.graph.equivalence import equivalent

    nets = [compile_spec(find(text), limits=limits_of(options)) for text in (options.before, options.after)]
    for net in nets:
        tell(net.warnings, options)
    before, after = (net.ir for net in nets)
    if options.equivalent:
        same = equivalent(before, after)
        print(f"{before.name} and {after.name} are {'' if same else 'not '}equivalent")
        return FINE if same else FAULTY
    found = difference(before, after)
    print(found.to_json() if options.format == "json" else difference_text(found), end="")
    return FAULTY if found.differs else FINE
