"""What the library defines, and what is said of a name that nothing defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from resdsl.diagnostics import Edit, Fix
from resdsl.diagnostics.suggest import Respelling, respelling
from resdsl.resources import root
from resdsl.source import Source, Span
from resdsl.syntax import tree

LIBRARY = "std:"
"""What the names of the library's files begin with, in messages."""

_DEFINITION = re.compile(r"^(?:block|model|let)[ \t]+(\w+)", re.MULTILINE)


def is_library(source: Source) -> bool:
    """Whether a text is one that ships: nothing is mended in it, and its faults are shown where it was called too."""
    return source.name.startswith(LIBRARY)


@cache
def library_names() -> dict[str, str]:
    """The names that the library defines, each with its file. The files are not parsed for it."""
    found: dict[str, str] = {}
    for path in sorted(root("library").resolve().glob("*.res")):
        for name in _DEFINITION.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, path.name)
    return found


def unknown(name: str, span: Span, names: Iterable[str], file: tree.File) -> Respelling:
    """For a name at `span` that is not known in a file: the library's import, or the nearest of the names there are."""
    if name in library_names():
        help_ = f"the library has it: `use std: {name}` at the top of the file"
        fix = Fix(f"write `use std: {name}`", (import_edit(name, file),), safe=True) if file.items else None
        return {"help": help_, "fixes": (fix,) if fix else ()}
    return respelling(name, span, {*names, "true", "false"})


def import_edit(name: str, file: tree.File) -> Edit:
    """Takes a name from the library: beside others of it, else below all imports, else above all definitions."""
    uses = [item for item in file.items if isinstance(item, tree.Use)]
    shared = next((use for use in uses if use.path is None), None)
    if shared is not None:
        end = shared.names[-1].span.end
        return Edit(Span(file.source, end, end), f", {name}")
    if uses:
        end = uses[-1].span.end
        return Edit(Span(file.source, end, end), f"\nuse std: {name}")
    start = file.items[0].span.start
    return Edit(Span(file.source, start, start), f"use std: {name}\n\n")
