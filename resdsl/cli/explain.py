"""`resdsl explain`: the page of a code."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, usage

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    explain = commands.add_parser("explain", help="what a code means", description="The page of a diagnostic's code.")
    explain.add_argument("code", metavar="CODE", nargs="?", help="such as E301; without it, all are listed")
    explain.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    from resdsl.diagnostics.codes import CODES
    from resdsl.diagnostics.explain import explain

    if options.code is None:
        print("\n".join(f"{code}  {title}" for code, title in CODES.items()))
        return FINE
    page = explain(options.code)
    if page is None:
        return usage(f"there is no code {options.code}; `resdsl explain` lists them")
    print(page, end="")
    return FINE
