"""Where the data that ships with resdsl lies: in a wheel inside the package, in a checkout at the root."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

Kind = Literal["grammars", "specs", "library", "diagnostics"]

_PACKAGE = Path(__file__).resolve().parent
_CHECKOUT = {"grammars": "grammars", "specs": "specs", "diagnostics": "docs/diagnostics"}


def root(kind: Kind) -> Path:
    """The folder of a kind of data. The library is part of the package; the others are copied into a wheel."""
    if kind == "library":
        return _PACKAGE / "library"
    packed = _PACKAGE / "_data" / kind
    return packed if packed.is_dir() else _PACKAGE.parent / _CHECKOUT[kind]
