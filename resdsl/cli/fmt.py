"""`resdsl fmt`: specs in their canonical form."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, add_common, limits_of, print_difference, tell
from resdsl.diagnostics import Report
from resdsl.diagnostics.columns import visible
from resdsl.files import write_whole
from resdsl.specs import STDIN, Spec

if TYPE_CHECKING:
    from resdsl.cli.common import Commands
    from resdsl.source import Source


def add(commands: Commands) -> None:
    fmt = commands.add_parser("fmt", help="format specs", description="Write specs in their canonical form.")
    fmt.add_argument(
        "files", metavar="FILE", nargs="+", help=".res files, directories of them, or - for standard input"
    )
    fmt.add_argument("--check", action="store_true", help="write nothing; exit code 1 if a file would change")
    fmt.add_argument("--diff", action="store_true", help="write nothing; show what would change")
    fmt.set_defaults(run=run)
    add_common(fmt, "--errors")


def run(options: argparse.Namespace) -> int:
    from resdsl.syntax.format import format_source

    report, limits = Report(), limits_of(options)
    texts: list[tuple[Path | None, Source, str]] = []
    for path in _formatted_paths(options.files):
        source = Spec(path, None).read(report, limits)
        text = None if source is None else format_source(source, report, limits=limits)
        if source is not None and text is not None:
            texts.append((path, source, text))
    tell(report, options)
    if report.failed:
        return FAULTY
    differing = [one for one in texts if one[1].text != one[2]]
    if options.diff:
        for _, source, text in differing:
            print_difference(source, text, "formatted")
    if options.check:
        print(
            "\n".join(f"{visible(source.name)} is not formatted" for _, source, _ in differing),
            end="\n" * bool(differing),
        )
        return FAULTY if differing else FINE
    if options.diff:
        return FINE
    for path, source, text in texts:
        if path is None:
            sys.stdout.write(text)
        elif source.text != text:
            write_whole(path, text)
            print(f"{visible(source.name)} formatted")
    return FINE


def _formatted_paths(names: Sequence[str]) -> list[Path | None]:
    """Files, and those below directories; `None` is standard input."""
    found: list[Path | None] = []
    for name in names:
        path = Path(name)
        if path.is_dir():
            found.extend(sorted(file for file in path.rglob("*.res") if file.is_file() and not file.is_symlink()))
        else:
            found.append(None if name == STDIN else path)
    return list(dict.fromkeys(found))
