"""`resdsl check`: every fault of specs, for people and for programs, and what of it can be mended."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from resdsl.cli.common import FAULTY, FINE, SPEC_HELP, add_common, count, form_of, limits_of, print_difference, tell
from resdsl.diagnostics import CompileError, Diagnostic, Report, Severity
from resdsl.diagnostics.columns import visible
from resdsl.files import write_whole
from resdsl.records import Record
from resdsl.specs import Spec, SpecError, find, input_size, settings, shipped

if TYPE_CHECKING:
    from resdsl.api import Checked
    from resdsl.cli.common import Commands
    from resdsl.diagnostics.fixes import Offer
    from resdsl.source import Source

MACHINE = ("json", "sarif", "github")
"""The forms that are documents: on standard output, where nothing else then is."""
_LISTED = 20
"""So many mended faults and models that were not built are named."""


def add(commands: Commands) -> None:
    check = commands.add_parser("check", help="find every fault of a spec", description="Find every fault of a spec.")
    check.add_argument("specs", metavar="SPEC", nargs="+", help=f"{SPEC_HELP}, or a directory with all specs in it")
    check.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a parameter of the model")
    check.add_argument("--input", metavar="SIZE", help="the size of the input, such as 3x320x320")
    fixes = check.add_argument_group("fixes")
    fixes.add_argument("--fix", action="store_true", help="mend what can be mended safely, in the files named")
    fixes.add_argument("--diff", action="store_true", help="show what --fix would change, and write nothing")
    fixes.add_argument("--unsafe", action="store_true", help="with --fix or --diff: mend what has to be looked at too")
    warnings = check.add_argument_group("warnings")
    warnings.add_argument("--deny-warnings", action="store_true", help="exit code 1 if there is a warning")
    warnings.add_argument("--select", metavar="CODES", type=_codes, default=(), help="these alone, such as W501,W51")
    warnings.add_argument("--ignore", metavar="CODES", type=_codes, default=(), help="not these; the longer code wins")
    check.set_defaults(run=run)
    add_common(check, "--errors", "--format", more=("sarif", "github"))


class Outcome(Record):
    """What became of one spec."""

    spec: Spec
    checked: Checked
    """What there is now: after the fixes, if there were any."""
    mended: tuple[Offer, ...] = ()
    refused: tuple[Offer, ...] = ()
    before: Source | None = None
    """The text before the fixes."""

    def fixable(self, diagnostic: Diagnostic, *, unsafe: bool) -> bool:
        """Whether a fault has a fix that changes nothing but this spec, and whether that may be changed."""
        from resdsl.diagnostics.fixes import admissible

        source = self.checked.source
        return source is not None and not self.spec.ships and admissible(diagnostic, source, unsafe=unsafe) is not None


def run(options: argparse.Namespace) -> int:
    from resdsl.api import Checked

    specs = [spec for text in options.specs for spec in _specs(text)]
    _refuse_mixtures(specs, options)
    try:
        outcomes = [_outcome(spec, options) for spec in specs]
    except CompileError as error:  # what --set says is no expression
        outcomes = [Outcome(specs[0], Checked(error.report, None))]
    if options.fix and not options.diff:
        outcomes = _written(outcomes, options)
    report = _united(outcomes)
    if options.errors in MACHINE:
        sys.stdout.write(_document(report, outcomes, options.errors))
    else:
        _say(report, outcomes, options)
    faulty = report.failed or (options.deny_warnings and len(report) > 0)
    differing = options.diff and any(outcome.mended for outcome in outcomes)
    return FAULTY if faulty or differing else FINE


def _specs(text: str) -> list[Spec]:
    """What a word of the command line means: a spec, or all those below a directory, unless a network has its name."""
    path = Path(text)
    if not path.is_dir() or text in shipped():
        return [find(text)]
    found = sorted(file for file in path.rglob("*.res") if file.is_file())
    if not found:
        raise SpecError(f"there is no .res file in {path}")
    return [Spec(each, None) for each in found]


def _refuse_mixtures(specs: list[Spec], options: argparse.Namespace) -> None:
    """Standard output has one thing: a document, a difference, or the text that came from standard input."""
    if options.errors not in MACHINE:
        return
    if options.diff:
        raise SpecError(f"--diff is for people; the fixes are in what --format {options.errors} writes")
    if options.fix and any(spec.path is None for spec in specs):
        raise SpecError(f"standard output cannot have both the mended text and what --format {options.errors} writes")


# --- looking and mending -------------------------------------------------------------------------


def _outcome(spec: Spec, options: argparse.Namespace) -> Outcome:
    """Checks a spec; with --fix or --diff also mends its text, in memory. What ships is never mended."""
    from resdsl.api import Checked

    if spec.ships or not (options.fix or options.diff):
        return Outcome(spec, _look(spec, options))
    from resdsl.diagnostics.fixes import mend

    report = Report()
    source = spec.read(report, limits_of(options))
    if source is None:
        return Outcome(spec, Checked(report, None))
    mended = mend(source, lambda text: _look(spec, options, text), unsafe=options.unsafe)
    return Outcome(spec, mended.found, mended.done, mended.refused, source)


def _look(spec: Spec, options: argparse.Namespace, source: Source | None = None) -> Checked:
    """One check, without the warnings that are not wanted."""
    from resdsl.api import Checked, inspect

    size, limits = input_size(options.input), limits_of(options)
    checked = inspect(spec, source=source, arguments=settings(options.set), size=size, limits=limits)
    report = Report()
    report.extend(diagnostic for diagnostic in checked.report if _wanted(diagnostic, options))
    return Checked(report, checked.source, checked.models, checked.unbuilt, checked.files)


def _wanted(diagnostic: Diagnostic, options: argparse.Namespace) -> bool:
    """Whether --select and --ignore let a diagnostic through; errors they do not concern."""
    if diagnostic.severity is Severity.ERROR:
        return True
    selected = max((len(code) for code in options.select if diagnostic.code.startswith(code)), default=-1)
    ignored = max((len(code) for code in options.ignore if diagnostic.code.startswith(code)), default=-1)
    return selected > ignored or (not options.select and ignored < 0)


def _written(outcomes: list[Outcome], options: argparse.Namespace) -> list[Outcome]:
    """Writes the mended texts. Specs that import each other are looked at again: what they read has changed."""
    changed = False
    for outcome in outcomes:
        source = outcome.checked.source
        if source is None or outcome.before is None:
            continue
        if outcome.spec.path is None:
            sys.stdout.write(source.text)
        elif source.text != outcome.before.text:
            write_whole(outcome.spec.path, source.text)
            changed = True
    if not changed or len(outcomes) == 1:
        return outcomes
    return [
        Outcome(one.spec, _look(one.spec, options, one.checked.source), one.mended, one.refused, one.before)
        for one in outcomes
    ]


# --- telling -------------------------------------------------------------------------------------


def _united(outcomes: Iterable[Outcome]) -> Report:
    """Every fault once: as its own file's check found it, if that was checked."""
    report = Report()
    for outcome in outcomes:
        report.extend(d for d in outcome.checked.report if d.span.source is outcome.checked.source)
    for outcome in outcomes:
        report.extend(outcome.checked.report)
    return report


def _document(report: Report, outcomes: Iterable[Outcome], form: str) -> str:
    if form == "sarif":
        from resdsl import __version__
        from resdsl.diagnostics.sarif import render_sarif

        return render_sarif(report, __version__)
    from resdsl.diagnostics.machine import render_github, render_json

    if form == "github":
        return render_github(report)
    files = [
        {
            "file": outcome.spec.name,
            "models": list(outcome.checked.models),
            "not_built": [
                {"model": model, "parameters": list(lacking)} for model, lacking in outcome.checked.unbuilt.items()
            ],
            "mended": len(outcome.mended),
        }
        for outcome in outcomes
    ]
    return render_json(report, files)


def _say(report: Report, outcomes: list[Outcome], options: argparse.Namespace) -> None:
    """For people: what was mended and what is left on standard error, fine specs on standard output if it is free."""
    if options.diff:
        for outcome in outcomes:
            if outcome.mended and outcome.before and outcome.checked.source:
                print_difference(outcome.before, outcome.checked.source.text, "mended")
    else:
        mended = [offer for outcome in outcomes for offer in outcome.mended]
        for diagnostic, fix in mended[:_LISTED]:
            print(visible(f"{diagnostic.span}: mended {diagnostic.code} ({fix.message})"), file=sys.stderr)
        if len(mended) > _LISTED:
            print(f"and {len(mended) - _LISTED} more were mended", file=sys.stderr)
        tell(report, options, lambda d: any(one.fixable(d, unsafe=options.unsafe) for one in outcomes))
        if len(report) and form_of(options) == "full":
            print(file=sys.stderr)
    taken = options.diff or (options.fix and any(outcome.spec.path is None for outcome in outcomes))
    for outcome in outcomes:
        stream = sys.stderr if taken or outcome.checked.report.failed else sys.stdout
        print(_closing(outcome, options), file=stream)
        for line in () if outcome.checked.report.failed else _not_built(outcome):
            print(line, file=stream)


def _closing(outcome: Outcome, options: argparse.Namespace) -> str:
    """The last line of a spec."""
    found = tuple(outcome.checked.report)
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    warnings = f", {count(len(found) - errors, 'warning')}" if len(found) > errors else ""
    safe = sum(outcome.fixable(diagnostic, unsafe=False) for diagnostic in found)
    unsafe = sum(outcome.fixable(diagnostic, unsafe=True) for diagnostic in found) - safe
    if outcome.before is None:
        fine = f"{count(len(outcome.checked.models), 'model')}, no errors"
        line = f"{count(errors, 'error') if errors else fine}{warnings}"
        offers = [f"{safe} with --fix"] * bool(safe)
    else:
        would = "would be " if options.diff else ""
        line = f"{count(len(outcome.mended), 'fault')} {would}mended, {len(found) or 'none'} left"
        offers = []
        if outcome.refused:
            line += f"; mending {len(outcome.refused)} of them would bring more errors to light"
    if unsafe and not (outcome.before and options.unsafe):
        offers.append(f"{unsafe} with --fix --unsafe")
    mendable = f"; can be mended: {', '.join(offers)}" if offers else ""
    return f"{visible(outcome.spec.name)}: {line}{mendable}"


def _not_built(outcome: Outcome) -> Iterable[str]:
    """A line for each model whose parameters have no values, as its spec would be written."""
    place = "" if outcome.spec.ships else f"{outcome.spec.path or '-'}:"
    unbuilt = list(outcome.checked.unbuilt.items())
    for model, lacking in unbuilt[:_LISTED]:
        several = len(lacking) > 1
        names = " and ".join([", ".join(lacking[:-1]), lacking[-1]] if several else lacking)
        have = "parameters {} have" if several else "parameter {} has"
        yield f"{place}{model}: not built, its {have.format(names)} no value; --set gives one"
    if len(unbuilt) > _LISTED:
        yield f"and {len(unbuilt) - _LISTED} more that were not built"


def _codes(text: str) -> tuple[str, ...]:
    """Beginnings of codes of warnings, with commas between them, in either case."""
    from resdsl.diagnostics.codes import CODES

    found = tuple(code.strip().upper() for code in text.split(","))
    for code in found:
        if not code.startswith("W") or not any(known.startswith(code) for known in CODES):
            raise argparse.ArgumentTypeError(f"no warning has a code that begins with {code!r}")
    return found
