"""`resdsl diff`: what distinguishes two nets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, SPEC_HELP, add_common, limits_of, put, tell
from resdsl.specs import SpecError, find

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.graph.model import Graph


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
    diff.add_argument(
        "-o", "--output", metavar="FILE",
        help="a picture of B with what is added and changed outlined (svg, pdf, png, dot; tikz as tex)",
    )  # fmt: skip
    diff.add_argument(
        "--side", choices=("before", "after"), default="after",
        help="which net the picture shows; before: A with what is removed and changed",
    )  # fmt: skip
    diff.add_argument("--level", choices=("stage", "block", "ops"), default="stage", help="of the picture")
    add_common(diff, "--errors")
    diff.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.analysis.difference import difference
    from resdsl.analysis.difference_text import difference_text
    from resdsl.api import compile_spec
    from resdsl.graph.equivalence import equivalent
    from resdsl.graph.isomorphism import UndecidedError

    nets = [compile_spec(find(text), limits=limits_of(options)) for text in (options.before, options.after)]
    for net in nets:
        tell(net.warnings, options)
    before, after = (net.ir for net in nets)
    if options.equivalent:
        try:
            same = equivalent(before, after, limits_of(options))
        except UndecidedError:
            whether = f"whether {before.name} and {after.name} are equivalent"
            more = f"takes longer than {options.max_seconds:g} seconds to find out; --max-seconds raises the limit"
            raise SpecError(f"{whether} {more}") from None
        print(f"{before.name} and {after.name} are {'' if same else 'not '}equivalent")
        return FINE if same else FAULTY
    if options.output:
        _draw(before, after, options)
    found = difference(before, after)
    print(found.to_json() if options.format == "json" else difference_text(found), end="")
    return FAULTY if found.differs else FINE


def _draw(before: Graph, after: Graph, options: argparse.Namespace) -> None:
    from resdsl.analysis.difference import Matching
    from resdsl.backends.dot.options import PictureOptions
    from resdsl.backends.dot.pictures import FORMATS, picture

    form = Path(options.output).suffix.removeprefix(".")
    if form not in FORMATS:
        raise SpecError(f"{options.output}: a picture ends in .svg, .pdf, .png, .dot or .tex")
    found = Matching(before, after)
    changed = frozenset(pair[options.side == "after"] for pair in found.changed)
    if options.side == "after":
        graph, outlined = after, (("added", frozenset(found.added)), ("changed", changed))
    else:
        graph, outlined = before, (("removed", frozenset(found.removed)), ("changed", changed))
    drawn = picture(graph, options.level, form, PictureOptions(outlined=outlined))
    put(drawn.data, options.output, find(options.after))
