"""What can be asked of a picture."""

from __future__ import annotations

import re

from resdsl.records import Record

LEVELS = ("overview", "stage", "block", "ops", "paths")
THEMES = ("light", "dark", "print")

Wrap = int | str
"""Of a row: how many parts it has at most, or `auto` (as many as stay readable)."""


class PictureOptions(Record):
    """How a net is drawn. The same graph with equal options gives the same DOT text."""

    focus: str | None = None
    """A module path: only what lies below it is drawn. Raises `ValueError` where the net has no such path."""
    collapse: frozenset[str] = frozenset()
    """Names of blocks whose insides are not drawn."""
    wrap: Wrap = "auto"
    """Parts of a row (stages; blocks at the levels `block` and `ops`): a number from 1, or `auto`."""
    width: float | None = None
    """Width of the page in inches: a picture that is wider is scaled down to it, and rows are broken so that its text
    stays readable."""
    theme: str = "light"
    dpi: int = 192
    """Of png; twice a screen's by default."""
    room: float | None = None
    """Points of a row for the wrap `auto`; by default as many as stay readable on the page, or in a paper's width."""

    outlined: tuple[tuple[str, frozenset[int]], ...] = ()
    """Nodes of the graph that are outlined, as `added`, `changed` or `removed`: what a comparison found."""

    def check(self) -> None:
        """Raises `ValueError` for what no picture can be drawn with."""
        if self.theme not in THEMES:
            raise ValueError(f"no theme {self.theme!r}; one of {', '.join(THEMES)}")
        if isinstance(self.wrap, str) and self.wrap != "auto":
            raise ValueError(f"wrap is a number of parts or auto, not {self.wrap!r}")
        if isinstance(self.wrap, int) and self.wrap < 1:
            raise ValueError(f"a row has at least one part, not {self.wrap}")
        if self.width is not None and not 1 <= self.width <= 200:
            raise ValueError(f"a page is 1 to 200 inches wide, not {self.width:g}")
        if not 10 <= self.dpi <= 1200:
            raise ValueError(f"dpi is 10 to 1200, not {self.dpi}")

    @property
    def row(self) -> float:
        """Points of a row for the wrap `auto`, at the size that text is written in."""
        if self.room is not None:
            return self.room
        return 670.0 if self.width is None else self.width * 72 * SMALLEST / READABLE

    def with_room(self, room: float) -> PictureOptions:
        """The same with rows of so many points."""
        return PictureOptions(
            self.focus, self.collapse, self.wrap, self.width, self.theme, self.dpi, max(room, _NARROWEST), self.outlined
        )


SMALLEST = 8
"""Points of the smallest text, before a picture is scaled."""
READABLE = 6.0
"""Points of the smallest text that a person reads on paper."""
_NARROWEST = 160.0
"""Points of a row that holds one box."""
_UNITS = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}


def inches(text: str) -> float:
    """A length such as `7in`, `17.8cm`, `504pt`; a number alone is inches. Raises `ValueError` for anything else."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(in|cm|mm|pt)?", text.strip())
    if found is None:
        raise ValueError(f"{text!r} is no width; one is written as 7in, 17.8cm, 178mm or 504pt")
    return float(found[1]) * _UNITS[found[2] or "in"]
