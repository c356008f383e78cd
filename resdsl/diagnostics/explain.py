"""The page of a code."""

from __future__ import annotations

from resdsl.diagnostics.codes import CODES
from resdsl.resources import root


def explain(code: str) -> str | None:
    """The Markdown page of a code (either case), or `None` if there is no such code."""
    name = code.upper()
    if name not in CODES:
        return None
    return (root("diagnostics") / f"{name}.md").read_text(encoding="utf-8")
