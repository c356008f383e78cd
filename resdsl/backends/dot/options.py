"""What can be asked of a picture."""

from __future__ import annotations

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
    broken: bool = False
    """Whether the graph may be one that has faults: they are drawn too."""

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
    def room(self) -> float:
        """Points of a row for `auto`, at the size that text is written in."""
        return 660.0 if self.width is None else self.width * 72 * SMALLEST / READABLE


SMALLEST = 8
"""Points of the smallest text, before a picture is scaled."""
READABLE = 6.0
"""Points of the smallest text that a person reads on paper."""
