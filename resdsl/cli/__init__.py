"""The command line: arguments, files and exit codes; no logic of its own. A file a command.

Exit codes: 0 fine, 1 the spec has errors (or weights do not fit), 2 usage or input and output, 3 a fault of resdsl.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence

from resdsl import __version__
from resdsl.cli import (
    bench,
    check,
    compiling,
    completion,
    diff,
    explain,
    export,
    fmt,
    lsp,
    new,
    paths,
    plot,
    render,
    rewrite,
    summary,
    watch,
    weights,
    zoo,
)
from resdsl.cli.common import FAULTY, FINE, Parser, internal, tell, usage
from resdsl.diagnostics import CompileError, InternalError, WeightsError
from resdsl.specs import SpecError

_COMMANDS = (
    check, fmt, compiling, rewrite, export, summary, paths, plot, diff, render, watch, zoo, weights, bench, explain,
    new, lsp, completion,
)  # fmt: skip


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; `argv` is without the program's name. Returns the exit code."""
    collecting = gc.isenabled()
    gc.disable()  # a command is short and leaves little garbage, but many objects to look through for it
    try:
        return _run(_options(argv))
    finally:
        if collecting:
            gc.enable()


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments, options before, between or after the others: argparse takes a list's words in one place only."""
    program = parser()
    options, rest = program.parse_known_args(argv)
    words = getattr(options, "words", getattr(options, "specs", None))
    if rest and (words is None or any(word.startswith("-") for word in rest)):
        program.error(f"unrecognized arguments: {' '.join(rest)}")
    if words is not None:
        words += rest
    return options


def _run(options: argparse.Namespace) -> int:
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except CompileError as error:
        tell(error.diagnostics, options)
        return FAULTY
    except WeightsError as error:
        print(f"resdsl: {error}", file=sys.stderr)
        return FAULTY
    except BrokenPipeError:  # the reader of our output has seen enough; nothing is left to flush at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FINE
    except (SpecError, OSError, MemoryError) as error:
        return usage(str(error))
    except KeyboardInterrupt:
        return 130
    except InternalError as error:
        return internal(str(error))
    except Exception as error:  # noqa: BLE001 - whatever else comes here is our own fault, and is told as one
        import traceback

        traceback.print_exc()
        return internal(f"{type(error).__name__}: {error}")
    return code


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    program = Parser(prog="resdsl", description="A text language for residual networks and its compiler to PyTorch.")
    program.add_argument("--version", action="version", version=f"resdsl {__version__}")
    commands = program.add_subparsers(title="commands", required=True, metavar="COMMAND", parser_class=Parser)
    for command in _COMMANDS:
        command.add(commands)
    return program
