"""`resdsl check`: every fault of specs."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, SPEC_HELP, add_common, count, limits_of, tell
from resdsl.diagnostics import Report
from resdsl.specs import find

if TYPE_CHECKING:
    from resdsl.cli.common import Commands


def add(commands: Commands) -> None:
    check = commands.add_parser("check", help="find every fault of a spec", description="Find every fault of a spec.")
    check.add_argument("specs", metavar="SPEC", nargs="+", help=SPEC_HELP)
    check.set_defaults(run=run)
    add_common(check, "--errors", "--format")


def run(options: argparse.Namespace) -> int:
    from resdsl.api import check

    report = Report()
    counted = []
    for text in options.specs:
        spec = find(text)
        found, models = check(spec, limits=limits_of(options))
        report.extend(found)
        counted.append(f"{spec.name}: {count(len(models), 'model')}")
    tell(report, options)
    if report.failed:
        return FAULTY
    print("\n".join(f"{line}, no errors" for line in counted))
    return FINE
