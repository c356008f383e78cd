"""`resdsl plot`: figures about nets."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, SPEC_HELP, USAGE, add_common, limits_of, put, tell, usage, whole
from resdsl.specs import Spec, find

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.plots.model import Plot

_KINDS = ("paths", "depth", "survival", "cost", "memory", "field", "widths")


def add(commands: Commands) -> None:
    plot = commands.add_parser(
        "plot",
        help="plot figures of nets",
        description="paths: lengths of the paths; depth: units executed in a training step; survival: its schedule; "
        "cost, memory: by stage; field: the receptive field by depth; widths: channels against resolution.",
    )
    plot.add_argument("kind", choices=_KINDS, help="what is plotted")
    plot.add_argument("specs", metavar="SPEC", nargs="+", help=f"{SPEC_HELP}; several are drawn together")
    plot.add_argument(
        "-o", "--output", metavar="FILE", required=True, help="ends in .svg, .pdf or .png; or in .csv for the numbers"
    )
    plot.add_argument("--size", metavar="WxH", type=inches, default=(5.0, 3.0), help="in inches (default: 5x3)")
    plot.add_argument("--dpi", metavar="N", type=whole, default=200, help="of a png (default: 200)")
    add_common(plot, "--errors")
    plot.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.plots.drawing import FORMATS, MatplotlibMissing, draw
    from resdsl.plots.figures import KINDS

    form = Path(options.output).suffix.removeprefix(".")
    if form not in (*FORMATS, "csv"):
        return usage(f"{options.output}: a plot ends in .svg, .pdf or .png, its numbers in .csv")
    kind = KINDS[options.kind]
    if len(options.specs) > 1 and not kind.several:
        return usage(f"plot {options.kind} shows one net, and {len(options.specs)} are given")
    try:
        plot, spec = _plot(options)
    except ValueError as error:
        return usage(str(error))
    if form == "csv":
        put(plot.table().csv(), options.output, spec)
        return FINE
    try:
        put(draw(plot, form, inches=options.size, dpi=options.dpi), options.output, spec)
    except MatplotlibMissing as missing:
        usage(str(missing))
        return USAGE
    return FINE


def _plot(options: argparse.Namespace) -> tuple[Plot, Spec]:
    from resdsl.api import compile_spec
    from resdsl.plots.figures import KINDS

    specs = [find(text) for text in options.specs]
    nets = [compile_spec(spec, limits=limits_of(options)) for spec in specs]
    for net in nets:
        tell(net.warnings, options)
    return KINDS[options.kind].make([net.ir for net in nets]), specs[0]


def inches(text: str) -> tuple[float, float]:
    """`5x3`."""
    width, _, height = text.partition("x")
    found = float(width), float(height)
    if not all(1 <= side <= 40 for side in found):
        raise ValueError(text)
    return found


inches.__name__ = "size in inches such as 5x3"  # argparse's word for the type
