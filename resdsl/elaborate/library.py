"""What the library defines, and what is said of a name that nothing defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from resdsl.diagnostics import Edit, Fix
from resdsl.diagnostics.suggest import Respelling, respelling
from resdsl.resources import root
from resdsl.source import Span
from resdsl.syntax import tree

_DEFINITION = re.compile(r"^(?:block|model|let)[ \t]+(\w+)", re.MULTILINE)


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
        return {"help": help_, "fixes": (_import(name, file),) if file.items else ()}
    return respelling(name, span, {*names, "true", "false"})


def _import(name: str, file: tree.File) -> Fix:
    """The import of a library's name: with those of the library that stand there, else below all, else above all."""
    uses = [item for item in file.items if isinstance(item, tree.Use)]
    shared = next((use for use in uses if use.path is None), None)
    if shared is not None:
        end = shared.names[-1].span.end
        edit = Edit(Span(file.source, end, end), f", {name}")
    elif uses:
        end = uses[-1].span.end
        edit = Edit(Span(file.source, end, end), f"\nuse std: {name}")
    else:
        start = file.items[0].span.start
        edit = Edit(Span(file.source, start, start), f"use std: {name}\n\n")
    return Fix(f"write `use std: {name}`", (edit,), safe=True)
