"""A net for notebooks: its picture and its figures as HTML that can be put into any page.

A picture is an image with its data in it: as such it runs nothing, has no names in common with other pictures on the
page, and passes the filters of notebooks that are not trusted.
"""

from __future__ import annotations

from base64 import b64encode
from html import escape

from resdsl.analysis.summary import Summary
from resdsl.analysis.summary_table import summary_tables


def picture(svg: str, title: str) -> str:
    data = b64encode(svg.encode("utf-8")).decode("ascii")
    return f'<img alt="{escape(title)}" style="max-width: 100%" src="data:image/svg+xml;base64,{data}">'


def figures(summary: Summary) -> str:
    """The table of a net, a row for each stage, the figures below it, and the table of its memory."""
    return "".join(table.html() for table in summary_tables(summary))
