"""What must hold of any input whatever: `probe` sends one through the whole compiler and raises where it does not."""

from __future__ import annotations

import ast
import signal
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import get_args
from zlib import crc32

from resdsl.analysis.summary import summarize
from resdsl.api import Checked, inspect
from resdsl.backends.dot import draw
from resdsl.backends.torch import emit
from resdsl.diagnostics import Diagnostic, Report, Severity
from resdsl.diagnostics.codes import CODES
from resdsl.diagnostics.fixes import mend
from resdsl.diagnostics.html import render_html
from resdsl.diagnostics.machine import render_github
from resdsl.diagnostics.render import Format, render
from resdsl.diagnostics.sarif import render_sarif
from resdsl.elaborate import build, load_program
from resdsl.elaborate.program import Program
from resdsl.files import decode
from resdsl.graph import Graph
from resdsl.graph.verify import verify
from resdsl.limits import Limits
from resdsl.source import Source, Span
from resdsl.specs import Spec
from resdsl.syntax.format import format_source
from resdsl.syntax.grammar import grammar

LIMITS = Limits(file_bytes=1_000_000, items=1_500, seconds=0.25)
"""Smaller than the defaults, so that what ends at a limit ends soon; nesting, recursion and bits are the defaults."""
SECONDS = 1.0
"""No input takes longer, of the processor, for all that is done with it."""


_MOVING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Categories of characters that move a terminal's cursor, or the letters around them."""


class Finding(AssertionError):  # noqa: N818 - it is no error of the program that raises it
    """Something that must hold of every input does not hold of this one."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of an input."""

    kind: str
    """`valid`, `refused` (what it means), or `unreadable` (its bytes or its syntax)."""
    codes: frozenset[str]


def probe(data: bytes) -> Outcome:
    """Reading, elaboration, every rendering of the faults, formatting; Python and DOT of what is valid.

    Raises whatever exception the compiler raises, and `Finding` where it raises none but is wrong.
    """
    report = Report()
    source = decode(data, "fuzz.res", report, LIMITS)
    if source is None:
        _check_report(report)
        return Outcome("unreadable", _codes(report))
    spec = Spec(None, None)
    report = inspect(spec, source=source, limits=LIMITS).report
    _check_report(report)
    if any(fault.fixes for fault in report) and crc32(data) % 4 == 0:
        _check_fixes(source, report)
    if any(fault.code.startswith("E0") for fault in report):
        return Outcome("unreadable", _codes(report))
    readable = _check_format(source, _codes(report))
    if report.failed:
        return Outcome("refused" if readable else "unreadable", _codes(report))
    for graph in _graphs(load_program(source, Report(), limits=LIMITS)):
        _check_products(graph)
    return Outcome("valid", _codes(report))


def _codes(report: Report) -> frozenset[str]:
    return frozenset(fault.code for fault in report)


def _graphs(program: Program) -> Iterator[Graph]:
    """The first two models that can be built, built again: `check` keeps none."""
    buildable = [name for name, info in program.models.items() if info.buildable]
    for name in buildable[:2]:
        report = Report()
        graph = build(program, name, report)
        if graph is None:
            raise Finding(f"{name} is valid when checked and not when built: {[str(fault) for fault in report]}")
        yield graph


def _check_report(report: Report) -> None:
    faults = tuple(report)
    for fault in faults:
        if fault.code not in CODES:
            raise Finding(f"{fault.code} is not in the catalogue")
        if (fault.severity is Severity.ERROR) != fault.code.startswith("E"):
            raise Finding(f"{fault.code} has the severity {fault.severity}")
        if not fault.message.strip() or "\n" in fault.message:
            raise Finding(f"the message of {fault.code} is no line: {fault.message!r}")
        for span in _spans(fault):
            if not 0 <= span.start <= span.end <= len(span.source.text):
                raise Finding(f"a span of {fault.code} is outside of the text: {span.start}..{span.end}")
    forms = {form: render(faults, form) for form in get_args(Format)}
    forms["github"] = render_github(faults)
    forms["html"] = render_html(faults)
    if len(faults) % 4 == 1:  # it has the whole page of each code
        forms["sarif"] = render_sarif(faults, "0")
    for form, text in forms.items():
        if [char for char in text if char not in "\n\t" and unicodedata.category(char) in _MOVING]:
            raise Finding(f"the form {form} has control characters: {text!r}")


def _check_fixes(source: Source, before: Report) -> None:
    """Fixes leave a text without more errors than it had."""

    def look(text: Source) -> Checked:
        return inspect(Spec(None, None), source=text, limits=LIMITS)

    for unsafe in (False, True):
        mended = mend(source, look, unsafe=unsafe)
        if len(mended.found.report.errors) > len(before.errors):
            raise Finding("there are more errors after the fixes than before")


def _spans(fault: Diagnostic) -> Iterator[Span]:
    yield fault.primary.span
    yield from (label.span for label in fault.secondary)
    yield from (frame.span for frame in fault.trace)
    yield from (edit.span for fix in fault.fixes for edit in fix.edits)


def _check_format(source: Source, known: frozenset[str]) -> bool:
    """Canonical text exists unless there are faults of syntax, which `known` has; it is its own canonical text, and has
    every comment. That its tree is the same it checks itself. Returns whether it exists."""
    report = Report()
    text = format_source(source, report, limits=LIMITS)
    if text is None:
        if not report.failed or not _codes(report) <= known:
            raise Finding(f"a text without faults of syntax is not formatted: {[fault.message for fault in report]}")
        return False
    if text == source.text:
        return True
    if _comments(text) != _comments(source.text):
        raise Finding("the comments of the formatted text are others")
    if format_source(Source(source.name, text), Report(), limits=LIMITS) != text:
        raise Finding("the formatted text is formatted to another one")
    return True


def _comments(text: str) -> Counter[str]:
    tokens = grammar().lex(text, 0, len(text))
    return Counter(token.value.rstrip() for token in tokens if token.type == "COMMENT")


def _check_products(graph: Graph) -> None:
    verify(graph)
    summarize(graph)
    source = emit(graph)
    ast.parse(source)
    for level in ("stage", "block"):
        if not draw(graph, level).startswith("digraph"):
            raise Finding(f"the picture of the level {level} is no graph")


# --- time and memory ------------------------------------------------------------------------------


class TooLongError(Exception):
    """An input takes longer than any may."""


@contextmanager
def deadline(seconds: float = SECONDS) -> Iterator[None]:
    """Raises `TooLongError` in the midst of what runs when its time, of the processor, is over."""
    before = signal.signal(signal.SIGPROF, _over)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _over(_signal: int, _frame: FrameType | None) -> None:
    raise TooLongError(f"more than {SECONDS:g} s")


def signature(error: BaseException) -> str:
    """What tells one fault of the compiler from another: the exception and where in the compiler it was raised."""
    trace, place = error.__traceback__, ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if "resdsl" in file.parts:
            place = f"{file.stem}-{trace.tb_frame.f_code.co_name.strip('_')}"
        trace = trace.tb_next
    if isinstance(error, Finding):
        place = "-".join(str(error).split()[:6])
    if isinstance(error, TooLongError):
        place = ""
    kept = "".join(char if char.isalnum() else "-" for char in f"{type(error).__name__}-{place}".lower())
    return kept.strip("-")


def failure(data: bytes) -> BaseException | None:
    """What an input raises, if it raises anything."""
    limit = sys.getrecursionlimit()
    try:
        with deadline():
            probe(data)
    except Exception as error:  # noqa: BLE001 - to catch whatever is raised is the purpose
        return error
    finally:
        sys.setrecursionlimit(limit)
    return None


def smaller(data: bytes, fails: Callable[[bytes], bool], attempts: int = 400) -> bytes:
    """A part of an input that still fails: runs of bytes are left out, ever shorter ones."""
    length = max(1, len(data) // 2)
    while length >= 1 and attempts > 0:
        at = 0
        while at < len(data) and attempts > 0:
            attempts -= 1
            shorter = data[:at] + data[at + length :]
            if fails(shorter):
                data = shorter
            else:
                at += length
        length //= 2
    return data
