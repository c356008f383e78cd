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
        near = _near(options.code)
        return usage(f"there is no code {options.code}; {near or '`resdsl explain` lists them'}")
    print(page, end="")
    return FINE


def _near(code: str) -> str | None:
    """For the figures of a code without its letter, or another letter, the code; for the beginning of some, these."""
    from resdsl.diagnostics.codes import CODES

    wanted = code.upper()
    if same := [known for known in CODES if known[1:] == wanted.lstrip("EW").zfill(3)]:
        return f"did you mean {' or '.join(same)}?"
    begun = [known for known in CODES if known.startswith(wanted) or known[1:].startswith(wanted)] if wanted else []
    return f"with it begin {', '.join(begun)}" if begun else None
