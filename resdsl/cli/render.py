"""`resdsl render`: pictures of a net."""

from __future__ import annotations

import argparse
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, USAGE, add_spec, load, put, usage
from resdsl.specs import STDIN

if TYPE_CHECKING:
    from resdsl.api import Architecture
    from resdsl.cli.common import Commands
    from resdsl.specs import Spec

LEVELS = ("overview", "stage", "block", "ops", "paths")
THEMES = ("light", "dark", "print")
FORMATS = ("svg", "png", "pdf", "dot", "gv", "tikz", "tex", "mermaid", "mmd", "html")


def add(commands: Commands) -> None:
    render = commands.add_parser("render", help="draw a net", description="Draw a net: docs/pictures.md.")
    add_spec(render)
    render.add_argument("-o", "--output", metavar="FILE", default=STDIN, help="where to (default: standard output)")
    render.add_argument("--level", choices=LEVELS, default="stage", help="what one node is (default: stage)")
    render.add_argument("--format", choices=FORMATS, help="default: what FILE ends in, or svg")
    render.add_argument("--focus", metavar="PATH", help="only what lies below a module path, such as layer3.0")
    render.add_argument(
        "--collapse", metavar="BLOCK", action="append", default=[], help="a block whose insides are not drawn"
    )
    render.add_argument("--wrap", metavar="auto|K", type=_wrap, default="auto", help="the most parts of a row")
    render.add_argument("--size", metavar="WIDTH", help="of the page, such as 7in: text stays readable on it")
    render.add_argument("--theme", choices=THEMES, default="light", help="default: light; print is without colours")
    render.add_argument("--dpi", type=int, default=192, help="of png (default: 192)")
    render.add_argument(
        "--allow-broken", action="store_true", help="draw a net that has errors as far as it goes; exit code 1"
    )
    render.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    net, spec = load(options, broken=options.allow_broken)
    suffix = "" if options.output == STDIN else Path(options.output).suffix.removeprefix(".")
    form = options.format or suffix or "svg"
    from resdsl.backends.dot.layout import GraphvizMissing

    try:
        put(_picture(net, form, options), options.output, spec)
    except GraphvizMissing as missing:
        return _without(net, missing, options, spec)
    return FAULTY if net.is_broken else FINE


def _picture(net: Architecture, form: str, options: argparse.Namespace) -> str | bytes:
    """The picture; what is the matter with it is told."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        picture = net.render(
            level=options.level,
            format=form,
            size=options.size,
            wrap=options.wrap,
            focus=options.focus,
            collapse=options.collapse,
            theme=options.theme,
            dpi=options.dpi,
        )
    for warning in told:
        print(f"resdsl: warning: {warning.message}", file=sys.stderr)
    assert not isinstance(picture, Path)
    return picture


def _without(net: Architecture, missing: OSError, options: argparse.Namespace, spec: Spec) -> int:
    """Without Graphviz the text that it would draw is written beside the picture's place."""
    if options.output == STDIN:
        return usage(str(missing))
    path = Path(options.output).with_suffix(".gv")
    put(_picture(net, "gv", options), str(path), spec)
    print(f"resdsl: {path} is written, not {options.output}: {missing}", file=sys.stderr)
    return USAGE


def _wrap(text: str) -> int | str:
    return text if text == "auto" else int(text)


_wrap.__name__ = "auto or a number"  # argparse's word for the type
