"""Diagnostics as HTML: the full rendering, in the colours a terminal would give it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape

from resdsl.diagnostics.model import Diagnostic
from resdsl.diagnostics.render import render_full

_COLOUR = re.compile(r"\x1b\[([\d;]*)m")
_STYLES = {
    "1": "font-weight: bold",
    "1;31": "font-weight: bold; color: #d32f2f",
    "1;33": "font-weight: bold; color: #b26a00",
    "31": "color: #d32f2f",
    "32": "color: #2e7d32",
    "34": "color: #3b82f6",
}
"""For each colour of the terminal one that can be read on white and on black."""


def render_html(diagnostics: Iterable[Diagnostic]) -> str:
    """A `<pre>` with the excerpts of the source; `""` for no diagnostics. What texts say is escaped."""
    text = render_full(diagnostics, color=True)  # of the escapes in it none comes from a text: those are made visible
    if not text:
        return ""
    return f'<pre style="line-height: 1.3">{_COLOUR.sub(_span, escape(text))}</pre>'


def _span(match: re.Match[str]) -> str:
    return "</span>" if match[1] == "0" else f'<span style="{_STYLES.get(match[1], "")}">'
