"""What a user asks for, as it is written: a text, the model in it, its parameters, the size of its input."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from resdsl.diagnostics.model import Report
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.files import decode, read_source
from resdsl.limits import DEFAULT, Limits
from resdsl.records import Record
from resdsl.resources import root
from resdsl.source import Source

if TYPE_CHECKING:
    from resdsl.elaborate import Program
    from resdsl.syntax.tree import Expr

STDIN = "-"

Input = str | int | tuple[int, ...]
"""The size of an input: `"3x320x320"`, `(3, 320, 320)`, or the length of a vector."""

_MODEL = re.compile(r"^model[ \t]+(\w+)", re.MULTILINE)


class SpecError(ValueError):
    """What was asked for does not exist: no such network, no such model in the file."""


class Spec(Record):
    """Where a spec is; `path` is `None` for standard input."""

    path: Path | None
    model: str | None
    """The model asked for, if one was."""
    ships: bool = False
    """Whether it was asked for by the name under which a network ships, not by its place."""

    @property
    def name(self) -> str:
        """What messages show: relative if it is below the working directory."""
        if self.path is None:
            return "<stdin>"
        if self.path.is_absolute() and self.path.is_relative_to(Path.cwd()):
            return str(self.path.relative_to(Path.cwd()))
        return str(self.path)

    def read(self, report: Report, limits: Limits = DEFAULT) -> Source | None:
        """Its text, or `None` with a fault in the report. Raises `OSError` if it cannot be read."""
        if self.path is None:
            return decode(sys.stdin.buffer.read(limits.file_bytes + 1), self.name, report, limits)
        return read_source(self.path, self.name, report, limits)


def find(spec: str | os.PathLike[str]) -> Spec:
    """A file if it ends in `.res` or has a separator, `FILE:MODEL`, `-`, otherwise a network that ships.

    Raises `SpecError` for a name that does not ship.
    """
    if not isinstance(spec, str):
        return Spec(Path(spec), None)
    place, colon, model = spec.rpartition(":")
    if colon and model.isidentifier() and _is_place(place):
        return Spec(_path(place), model)
    if _is_place(spec):
        return Spec(_path(spec), None)
    networks = shipped()
    if spec not in networks:
        near = did_you_mean(spec, networks)
        hint = (
            f"did you mean {near}?" if near else "resdsl zoo lists what ships; a file ends in .res or has a separator"
        )
        raise SpecError(f"no network ships under the name {spec!r}; {hint}")
    return Spec(networks[spec], spec, ships=True)


def shipped() -> dict[str, Path]:
    """Every network that ships and its file, by file and in the order of the text. Nothing is elaborated."""
    return {
        name: path
        for path in sorted(root("specs").rglob("*.res"))
        for name in _MODEL.findall(path.read_text(encoding="utf-8"))
    }


def _is_place(text: str) -> bool:
    return text == STDIN or text.endswith(".res") or "/" in text or os.sep in text


def _path(place: str) -> Path | None:
    return None if place == STDIN else Path(place)


def choose(program: Program, spec: Spec, model: str | None, report: Report) -> str | None:
    """The model to build: the one asked for, or the only one that needs no arguments.

    `None` where that cannot be said because the text has errors. Raises `SpecError` otherwise.
    """
    models = program.models
    wanted = model or spec.model
    if wanted in models:
        return wanted
    candidates = [name for name, info in models.items() if info.buildable] if len(models) > 1 else list(models)
    if wanted is None and len(candidates) == 1:
        return candidates[0]
    if report.failed:
        return None
    if wanted is not None:
        near = did_you_mean(wanted, models)
        hint = f"did you mean {near}?" if near else f"it has {_listed(models)}"
        raise SpecError(f"{spec.name} has no model {wanted!r}; {hint}")
    if not models:
        raise SpecError(f"{spec.name} has no model, only blocks")
    which = _listed(candidates or models)
    raise SpecError(f"{spec.name} has several models; say which as {spec.path or '-'}:MODEL: {which}")


def _listed(names: Any) -> str:
    names = list(names)
    return ", ".join(names[:12]) + (f", and {len(names) - 12} more" if len(names) > 12 else "")


def settings(texts: Iterable[str]) -> dict[str, Expr]:
    """Parameters of a model, each written `name=expression` and parsed as the language's own.

    Raises `CompileError` and `SpecError`.
    """
    from resdsl.syntax import parse_expression

    report = Report()
    found: dict[str, Expr] = {}
    for setting in texts:
        name, equals, text = setting.partition("=")
        if not equals or not name.strip().isidentifier():
            raise SpecError(f"--set {setting}: it is written name=value")
        if value := parse_expression(Source(f"--set {name.strip()}", text), report):
            found[name.strip()] = value
    report.raise_if_failed()
    return found


def input_size(size: Input | None) -> tuple[int, ...] | None:
    """Channels and spatial size as numbers. Raises `SpecError` for anything but positive whole numbers."""
    if size is None:
        return None
    parts = size.split("x") if isinstance(size, str) else [size] if isinstance(size, int) else list(size)
    if not all(isinstance(part, int) or (part.isascii() and part.isdigit()) for part in parts):
        raise SpecError(f"{size!r} is no size; one is written as 3x224x224")
    numbers = tuple(int(part) for part in parts)
    if not 1 <= len(numbers) <= 4 or min(numbers) < 1:
        raise SpecError(f"{size!r} is no size; one is 1 to 4 positive numbers, channels first")
    return numbers
