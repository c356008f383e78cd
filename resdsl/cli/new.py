"""`resdsl new`: a spec to start from."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, usage
from resdsl.files import write_whole
from resdsl.specs import STDIN

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    new = commands.add_parser(
        "new", help="start a spec", description="Write a spec to start from: a small one, or a copy of one that ships."
    )
    new.add_argument(
        "what", metavar="FILE|NAME", help="a name that ends in .res, - for standard output, or a network that ships"
    )
    new.add_argument("-o", "--output", metavar="FILE", help="where a network's copy goes (default: NAME.res)")
    new.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    if options.what == STDIN or options.what.endswith(".res"):
        if options.output:
            return usage("-o is for the copy of a network; a new spec has the name that is given")
        text = Path(__file__).parent.with_name("template.res").read_text(encoding="utf-8")
        said = f"{options.what} is a small residual network. Next: resdsl check {options.what}"
        return _start({options.what: text}, said)
    from resdsl.zoo import copy_of

    name = options.what
    copy = copy_of(name)
    output = options.output or f"{name}.res"
    if output == STDIN and copy.used:
        return usage(f"{name} uses {', '.join(copy.used)}: its copy is several files, and needs a name")
    beside = {str(Path(output).with_name(used)): text for used, text in copy.used.items()}
    also = f" It uses {', '.join(beside)}." if beside else ""
    said = f"{output} is a copy; {name} is line {copy.line}.{also} Next: resdsl compile {output}:{name}"
    return _start({output: copy.text, **beside}, said)


def _start(texts: dict[str, str], said: str) -> int:
    """Writes new specs; none if one of them cannot be."""
    if STDIN in texts:
        print(texts[STDIN], end="")
        return FINE
    for path in map(Path, texts):
        if path.suffix != ".res":
            return usage(f"the name of a spec ends in .res, and {path} does not")
        if path.exists() or path.is_symlink():
            return usage(f"{path} exists already")
    for name, text in texts.items():
        write_whole(Path(name), text)
    print(said)
    return FINE
