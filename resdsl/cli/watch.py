"""`resdsl watch`: checks a spec and draws it anew whenever it, or a file it uses, is saved."""

from __future__ import annotations

import argparse
import gc
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from resdsl.cli.common import FINE, add_spec, count, limits_of, put, tell, usage
from resdsl.cli.render import LEVELS
from resdsl.diagnostics import CompileError, Diagnostic, Severity
from resdsl.diagnostics.columns import visible
from resdsl.specs import Spec, SpecError, find, input_size, settings

if TYPE_CHECKING:
    from resdsl.cli.common import Commands

PICTURES = (".svg", ".png", ".pdf", ".html", ".dot")
_CLEAR = "\x1b[H\x1b[2J"


def add(commands: Commands) -> None:
    watch = commands.add_parser(
        "watch",
        help="check and draw on every save",
        description="Check a spec, and draw or compile it, whenever it or a file it uses is saved. "
        "What was drawn last stays while the spec has errors. Ctrl-C ends it.",
    )
    add_spec(watch)
    watch.add_argument("--render", metavar="FILE", help="draw it into this file (.svg, .png, .pdf, .html, .dot)")
    watch.add_argument("--level", choices=LEVELS, default="stage", help="what one node of the picture is")
    watch.add_argument("--compile", metavar="FILE", help="write the PyTorch source into this file; it is not run")
    watch.add_argument("--no-clear", dest="clear", action="store_false", help="do not clear the terminal before each")
    watch.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Runs until it is interrupted, which is no fault."""
    spec = find(options.spec)
    path = spec.path
    if path is None:
        return usage("standard input cannot be watched")
    if not path.exists():
        return usage(f"there is no file {path}")
    if fault := _unusable(options):
        return usage(fault)
    from resdsl.watching import Watch

    with _interrupts() as sleep:
        watch = Watch.of(path, sleep)
        try:
            while True:
                began = time.time_ns()
                used = _look(spec, options)
                gc.collect()  # other commands are short and do without the collector
                watch.follow([path, *used], began)
                watch.wait()
        except KeyboardInterrupt:
            return FINE


@contextmanager
def _interrupts() -> Iterator[Callable[[float], None]]:
    """A way to sleep that an interrupt ends even if it came while memory was given back, where Python drops it."""
    came = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal came
        came = True
        signal.default_int_handler(number, frame)

    def sleep(seconds: float) -> None:
        if came:
            raise KeyboardInterrupt
        time.sleep(seconds)

    before = signal.signal(signal.SIGINT, note)
    try:
        yield sleep
    finally:
        signal.signal(signal.SIGINT, before)


def _unusable(options: argparse.Namespace) -> str | None:
    """What no save of the spec would mend."""
    for output, formats in ((options.render, PICTURES), (options.compile, (".py",))):
        if output is None:
            continue
        if Path(output).suffix not in formats:
            return f"{output}: the name ends in {' or '.join(formats)}"
        if not Path(output).parent.is_dir():
            return f"{output} cannot be written: there is no folder {Path(output).parent}"
    if options.render and not options.render.endswith(".dot"):
        from resdsl.backends.dot.layout import GraphvizMissing, available

        return None if available() else str(GraphvizMissing())
    return None


def _look(spec: Spec, options: argparse.Namespace) -> list[Path]:
    """One round: checks, draws, says what came of it. Returns the files that the spec uses."""
    from resdsl.api import check

    files: set[Path] = set()
    found: tuple[Diagnostic, ...] = ()
    try:
        report, models = check(spec, limits=limits_of(options), files=files)
        found = tuple(report)
        if report.failed:
            said = _refused(found, options)
        else:
            said = "; ".join([f"{count(len(models), 'model')}, no errors", *_written(spec, options)])
    except CompileError as error:  # of the model that is drawn, with what the options set
        found = error.diagnostics
        said = _refused(found, options)
    except (SpecError, OSError) as error:
        said = str(error)
    if options.clear and sys.stdout.isatty():
        print(_CLEAR, end="")
    print(f"{time.strftime('%H:%M:%S')} {visible(spec.name)}: {said}", flush=True)
    tell(found, options)
    return sorted(files)


def _refused(found: Iterable[Diagnostic], options: argparse.Namespace) -> str:
    errors = sum(diagnostic.severity is Severity.ERROR for diagnostic in found)
    kept = [output for output in (options.render, options.compile) if output and Path(output).exists()]
    return "; ".join([count(errors, "error"), *(f"{output} stays as it was" for output in kept)])


def _written(spec: Spec, options: argparse.Namespace) -> Iterator[str]:
    """Draws and compiles what the options ask for, and says of each what was done. Raises as `load` does."""
    if not (options.render or options.compile):
        return
    from resdsl.api import compile_spec

    arguments, size = settings(options.set), input_size(options.input)
    net = compile_spec(spec, arguments=arguments, size=size, limits=limits_of(options))
    if options.render:
        form = Path(options.render).suffix.removeprefix(".")
        picture = net.render(level=options.level, format=form)
        assert not isinstance(picture, Path)
        yield _renewed(picture, options.render, spec)
    if options.compile:
        yield _renewed(net.source(), options.compile, spec)


def _renewed(product: str | bytes, output: str, spec: Spec) -> str:
    """Writes a product that differs from what is there: viewers reload whatever is written."""
    data = product.encode("utf-8") if isinstance(product, str) else product
    path = Path(output)
    if path.is_file() and path.read_bytes() == data:
        return f"{output} is up to date"
    put(data, output, spec)
    return f"{output} written"
