"""A net for notebooks: its picture and its figures as HTML that can be put into any page.

A picture is an image with its data in it: as such it runs nothing, has no names in common with other pictures on the
page, and passes the filters of notebooks that are not trusted.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from html import escape

from resdsl.analysis.summary import HEADS, Summary

_NUMBERS = 3


def picture(svg: str, title: str) -> str:
    data = b64encode(svg.encode("utf-8")).decode("ascii")
    return f'<img alt="{escape(title)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'


def figures(summary: Summary) -> str:
    """The table of a net, a row for each stage, and the figures below it."""
    body = "".join(_row("td", row) for row in summary.rows())
    totals = "<br>".join(escape(line) for line in summary.totals())
    return (
        f'<table><caption style="text-align: left">{escape(summary.heading)}</caption>'
        f"<thead>{_row('th', HEADS)}</thead><tbody>{body}</tbody>"
        f'<tfoot><tr><td colspan="{len(HEADS)}" style="text-align: left">{totals}</td></tr></tfoot></table>'
    )


def _row(tag: str, cells: Iterable[str]) -> str:
    """A row: words to the left, the last columns to the right."""
    row = list(cells)
    sides = ["left"] * (len(row) - _NUMBERS) + ["right"] * _NUMBERS
    return f"<tr>{''.join(_cell(tag, text, side) for text, side in zip(row, sides, strict=True))}</tr>"


def _cell(tag: str, text: str, side: str) -> str:
    return f'<{tag} style="text-align: {side}">{escape(text)}</{tag}>'
