"""From what a user writes (a file, a file and a model, the name of a network that ships) to a text."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

from resdsl.diagnostics.model import Report
from resdsl.diagnostics.suggest import did_you_mean
from resdsl.files import decode, read_source
from resdsl.limits import DEFAULT, Limits
from resdsl.records import Record
from resdsl.resources import root
from resdsl.source import Source

STDIN = "-"

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
