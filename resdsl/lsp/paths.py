"""Files as URIs, as the names of sources, and as `use` writes them."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path, PurePosixPath
from urllib.parse import urlsplit
from urllib.request import url2pathname

from resdsl.elaborate.library import library_names
from resdsl.resources import root
from resdsl.source import Source

MOST = 5_000
"""Files and folders that are looked at for specs, below one folder."""
_SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages"})

LIBRARY = "std:"
"""What the names of the library's sources begin with."""


@cache
def library() -> Path:
    """The folder of the library."""
    return root("library").resolve()


def source_path(source: Source) -> Path | None:
    """The file of a source that a check speaks of."""
    if source.name.startswith("<"):
        return None
    if source.name.startswith(LIBRARY):
        return library() / source.name.removeprefix(LIBRARY)
    return Path(source.name)


def used_path(written: str | None, importer: Path | None, name: str | None) -> Path | None:
    """The file that a `use` leads to: as the compiler has it, or `None` where that would refuse it."""
    if written is None:
        file = library_names().get(name or "")
        return library() / file if file else None
    folder = importer.parent if importer else Path.cwd()
    if not written or "\0" in written or "\\" in written or PurePosixPath(written).is_absolute():
        return None
    path = (folder / written).resolve()
    return path if path.suffix == ".res" or path.is_file() else None


def specs_below(folder: Path) -> list[Path]:
    """The `.res` files in a folder and below, sorted; of a huge folder, those that are found in `MOST` looks.

    What is hidden is left out, and so is what links lead to.
    """
    found: list[Path] = []
    looks = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name[:1] != "." and name not in _SKIPPED)
        looks += len(folders) + len(files)
        found.extend(Path(parent, name) for name in files if name.endswith(".res"))
        if looks > MOST:
            break
    return sorted(found)


def path_of(uri: str) -> Path | None:
    """The file that a URI names, links resolved; `None` if it names none."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        return None
    return Path(url2pathname(parts.path)).resolve()
