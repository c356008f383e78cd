"""What the library defines, and what is said of a name that nothing defines."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from resdsl.diagnostics.suggest import did_you_mean
from resdsl.resources import root

_DEFINITION = re.compile(r"^(?:block|model|let)[ \t]+(\w+)", re.MULTILINE)


@cache
def library_names() -> dict[str, str]:
    """The names that the library defines, each with its file. The files are not parsed for it."""
    found: dict[str, str] = {}
    for path in sorted(root("library").resolve().glob("*.res")):
        for name in _DEFINITION.findall(path.read_text(encoding="utf-8")):
            found.setdefault(name, path.name)
    return found


def unknown_help(name: str, names: Iterable[str]) -> str | None:
    """Where a name that is not known here is, or the nearest one of those that are."""
    if name in library_names():
        return f"the library has it: `use std: {name}` at the top of the file"
    near = did_you_mean(name, {*names, "true", "false"})
    return f"did you mean `{near}`?" if near else None
