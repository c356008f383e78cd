"""The notebook magic `%%res`: a cell that is a spec, and shows its picture, its figures and its diagnostics.

`%load_ext resdsl` registers it. It needs IPython (`pip install resdsl[notebook]`), which every notebook has.
"""

from __future__ import annotations

import argparse
import shlex
from typing import TYPE_CHECKING, NoReturn

from IPython.core.error import UsageError
from IPython.display import display

from resdsl.api import Architecture, compile_spec, inspect
from resdsl.backends.dot import LEVELS
from resdsl.backends.dot.layout import GraphvizMissing
from resdsl.backends.html import figures, picture
from resdsl.diagnostics import CompileError, Diagnostic, Severity
from resdsl.diagnostics.html import render_html
from resdsl.diagnostics.render import render_full
from resdsl.source import Source
from resdsl.specs import Spec, SpecError, input_size, settings

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

CELL = "<cell>"
"""What messages call the text. Its lines are counted from below the magic; its imports begin at the working folder."""

NOTHING = "No errors, and no model to show."


class Refused(Exception):  # noqa: N818 - it tells of errors, and is none
    """The cell has errors, which have been shown: the cells after it do not run, and there is no traceback."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Shown:
    """What a cell shows: HTML in a notebook, text in a terminal."""

    def __init__(self, found: tuple[Diagnostic, ...], net: Architecture | None = None, level: str = "stage") -> None:
        self.found = found
        self.net = net
        self.level = level

    def __repr__(self) -> str:
        parts = [render_full(self.found), self.net.summary().to_table() if self.net else ""]
        return "\n".join(filter(None, parts)) or NOTHING

    def _repr_html_(self) -> str:
        return render_html(self.found) + (self._net(self.net) if self.net else "") or f"<p>{NOTHING}</p>"

    def _net(self, net: Architecture) -> str:
        try:
            drawn = picture(str(net.render(level=self.level)), net.name)
        except GraphvizMissing as missing:
            drawn = f"<p>No picture: {missing}</p>"
        return drawn + figures(net.summary())


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}\n{self.format_usage()}")


def register(shell: InteractiveShell) -> None:
    """Gives a shell the magic `%%res`."""

    def res(line: str, cell: str) -> None:
        name, net = _run(line, cell)
        if name and net:
            shell.user_ns[name] = net

    res.__doc__ = _parser().format_help()
    shell.magics_manager.register_function(res, "cell", "res")


def _run(line: str, cell: str) -> tuple[str | None, Architecture | None]:
    """Shows a cell; returns the name that is asked for and the net, if the cell has one."""
    options = _options(line)
    source, spec = Source(CELL, cell), Spec(None, options.model)
    try:
        checked = inspect(spec, source=source)
        found = tuple(checked.report)
        checked.report.raise_if_failed()
        model = options.model or _only([name for name in checked.models if name not in checked.unbuilt or options.set])
        net = None
        if model is not None:
            size = input_size(options.input)
            net = compile_spec(spec, model, source=source, arguments=settings(options.set), size=size)
    except CompileError as error:
        display(Shown(error.diagnostics))  # type: ignore[no-untyped-call]  # IPython's
        raise Refused(_refusal(error, options.name)) from None
    except (SpecError, OSError) as error:
        raise UsageError(str(error)) from None
    display(Shown(found, net, options.level))  # type: ignore[no-untyped-call]  # IPython's
    if net is None and options.name:
        raise UsageError(f"the cell has no model that could be built, to be called {options.name}")
    return options.name, net


def _refusal(error: CompileError, name: str | None) -> str:
    count = sum(diagnostic.severity is Severity.ERROR for diagnostic in error.diagnostics)
    return f"{count} error{'s' * (count != 1)}" + (f"; {name} is not set" if name else "")


def _only(models: list[str]) -> str | None:
    if len(models) > 1:
        raise SpecError(f"the cell has several models; --model says which to show: {', '.join(models)}")
    return models[0] if models else None


def _options(line: str) -> argparse.Namespace:
    try:
        options = _parser().parse_args(shlex.split(line))
    except ValueError as error:  # a quote without its end
        raise UsageError(str(error)) from None
    if options.name is not None and not options.name.isidentifier():
        raise UsageError(f"{options.name} cannot be the name of a variable")
    return options


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%%res", add_help=False, description="The cell is a spec: check it, and show its net.")
    parser.add_argument("name", metavar="NAME", nargs="?", help="a variable that is set to the Architecture")
    parser.add_argument("--model", metavar="MODEL", help="which to show, where the cell has several")
    parser.add_argument("--level", choices=LEVELS, default="stage", help="what one node of the picture is")
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a parameter of the model")
    parser.add_argument("--input", metavar="SIZE", help="the size of the input, such as 3x320x320")
    return parser
