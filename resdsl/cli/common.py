"""What the commands share: exit codes, options, and how results and faults leave the program."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from resdsl.diagnostics import Diagnostic
from resdsl.diagnostics.columns import visible
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.files import refuse_place, write_whole
from resdsl.limits import Limits
from resdsl.specs import STDIN, Spec, SpecError, find, input_size, settings

if TYPE_CHECKING:
    from resdsl.api import Architecture
    from resdsl.diagnostics.render import Format
    from resdsl.source import Source

    Commands = argparse._SubParsersAction["Parser"]  # noqa: SLF001 - the type has no public name

FINE, FAULTY, USAGE, INTERNAL = range(4)
SPEC_HELP = "a .res file, FILE:MODEL, the name of a network that ships (resdsl zoo), or - for standard input"


DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}
"""Types of numbers: their short names, and PyTorch's; options take either."""


def refuse(output: str, spec: Spec, weights: str | None = None) -> None:
    """Raises `SpecError` or `OSError` if a product may not go there: for whoever has several to write.

    It replaces neither the spec nor the file of `weights` that it is made of.
    """
    if output == STDIN:
        return
    if Path(output).suffix == ".res":
        raise SpecError(f"{output} has the name of a spec, and a product never replaces one")
    refuse_place(Path(output), keep=spec.path)
    if weights is not None and Path(weights).exists() and Path(output).exists() and Path(output).samefile(weights):
        raise SpecError(f"{output} has the weights that are read, and converted ones never replace them")


def put(product: str | bytes, output: str, spec: Spec) -> None:
    """A product to a file, whole or not at all, or to standard output; never over a spec."""
    if output != STDIN:
        refuse(output, spec)
        write_whole(Path(output), product)
    elif isinstance(product, str):
        sys.stdout.write(product)
    else:
        sys.stdout.buffer.write(product)


def tell(
    diagnostics: Iterable[Diagnostic], options: argparse.Namespace, fixable: Callable[[Diagnostic], bool] | None = None
) -> None:
    """Diagnostics, to standard error, in the form the options ask for; those that are `fixable` are marked."""
    found = tuple(diagnostics)
    if not found and options.errors != "json":
        return
    from resdsl.diagnostics.render import render

    color = sys.stderr.isatty() and not os.environ.get("NO_COLOR")
    print(render(found, form_of(options), color=color, fixable=fixable, columns=_columns()), end="", file=sys.stderr)


def _columns() -> int | None:
    """Those of the terminal that standard error is, if it is one that says so."""
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or None
    except (OSError, ValueError):  # no terminal, or no file at all
        return None


def form_of(options: argparse.Namespace) -> Format:
    """The form of faults that was asked for: without a word, full for a terminal and concise for a file or pipe."""
    form: Format = options.errors or ("full" if sys.stderr.isatty() else "concise")
    return form


def usage(message: str) -> int:
    """A call that cannot be carried out: what is wrong with it, and the exit code."""
    shown = "\n".join(map(visible, message.split("\n")))  # it may have the name of a file, which may have anything
    print(f"resdsl: {shown}", file=sys.stderr)
    return USAGE


def internal(message: str) -> int:
    """A fault of ours, and the exit code."""
    print(f"resdsl: internal error: {message}", file=sys.stderr)
    print("This is a fault of resdsl, not of the spec; please report it.", file=sys.stderr)
    return INTERNAL


def limits_of(options: argparse.Namespace) -> Limits:
    """The limits that the flags of `add_limits` say."""
    return Limits(**{limit.name: getattr(options, f"max_{limit.name}") for limit in fields(Limits)})


class Parser(argparse.ArgumentParser):
    """Argparse whose errors are one line and the usage, with our exit code."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE, f"{self.prog}: {message}{_meant(message)}\n{self.format_usage()}")


def _meant(message: str) -> str:
    """What to say of a choice that is none, as argparse words it, where one of the choices is near."""
    found = re.search(r"invalid choice: '([^']*)' \(choose from (.*)\)", message)
    near = did_you_mean(found[1], re.findall(r"[\w-]+", found[2])) if found else None
    return f"; did you mean {near}?" if near else ""


def add_spec(parser: argparse.ArgumentParser) -> None:
    """The words of a command that works on one model, as `load` reads them."""
    parser.add_argument("spec", metavar="SPEC", help=SPEC_HELP)
    parser.add_argument("--set", metavar="NAME=VALUE", action="append", default=[], help="a parameter of the model")
    parser.add_argument("--input", metavar="SIZE", help="the size of the input, such as 3x320x320")
    add_common(parser, "--errors")


def add_weights(parser: argparse._ActionsContainer, otherwise: str = "freshly initialised") -> None:
    """`--weights`: a checkpoint from anywhere."""
    parser.add_argument(
        "--weights", metavar="FILE",
        help=".safetensors, .pth or .pt; or torchvision:NAME, timm:NAME, pytorchcv:NAME, which downloads "
        f"(default: {otherwise})",
    )  # fmt: skip


def add_common(parser: argparse.ArgumentParser, *errors: str, more: tuple[str, ...] = ()) -> None:
    """How faults are shown, under the flags `errors` and with `more` forms than three, and the limits."""
    forms = ("full", "concise", "json", *more)
    parser.add_argument(
        *errors, dest="errors", choices=forms, help="how faults are shown (default: full on a terminal, else concise)"
    )
    add_limits(parser)


def add_limits(parser: argparse.ArgumentParser) -> None:
    """A flag for each limit."""
    group = parser.add_argument_group("limits")
    for limit in fields(Limits):
        group.add_argument(
            f"--max-{limit.name.replace('_', '-')}",
            dest=f"max_{limit.name}",
            metavar="N",
            type=seconds if limit.name == "seconds" else whole,
            default=limit.default,
            help=f"default {limit.default:,}",
        )


def load(options: argparse.Namespace, *, broken: bool = False) -> tuple[Architecture, Spec]:
    """The model that a command is about. Raises as `resdsl.load` does; `broken` is `compile_spec`'s."""
    from resdsl.api import compile_spec

    spec = find(options.spec)
    arguments = settings(options.set)
    size, limits = input_size(options.input), limits_of(options)
    net = compile_spec(spec, arguments=arguments, size=size, limits=limits, broken=broken)
    tell(net.warnings, options)
    return net, spec


def print_difference(source: Source, text: str, how: str) -> None:
    """A unified diff from a source to a text that is `how`; control characters are shown as escapes."""
    from difflib import unified_diff

    from resdsl.diagnostics.columns import visible

    lines = source.text.splitlines(keepends=True), text.splitlines(keepends=True)
    for line in unified_diff(*lines, source.name, f"{source.name} ({how})"):
        print(visible(line.rstrip("\r\n")))


def count(number: int, noun: str) -> str:
    """`1 line`, `2 lines`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def whole(text: str) -> int:
    """An option's positive whole number."""
    value = int(text)
    if value < 1:
        raise ValueError(text)
    return value


def seconds(text: str) -> float:
    """An option's positive number."""
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError(text)
    return value


whole.__name__, seconds.__name__ = "positive whole number", "positive number"  # argparse's word for the type
