"""HTML-like labels: boxes of tinted rows, the title of a picture, its legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap

from resdsl.backends.dot.text import escape
from resdsl.backends.dot.theme import LINES, Line, Theme


@dataclass(frozen=True, slots=True)
class Html:
    """The inside of an HTML-like label; every text in it is escaped already."""

    markup: str


@dataclass(frozen=True, slots=True)
class Row:
    """A strip of a box. `text` is raw; it is escaped when it is drawn. Colours are names of a theme's."""

    text: str
    tint: str = "paper"
    size: int = 8
    color: str = "ink"
    bold: bool = False
    count: int = 1
    """How often it stands in the text, one after the other; shown where it is above 1."""


_TABLE = '<TABLE BORDER="{border}" COLOR="{color}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{pad}" BGCOLOR="{back}">'
_BARE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{pad}">'
_DRAWN = {"solid": "———", "dashed": "\u2013 \u2013 \u2013", "dotted": "· · · ·"}
"""A short piece of a line, of characters that every font has."""


@dataclass(frozen=True, slots=True)
class Labels:
    """All labels, in the colours of a theme."""

    theme: Theme

    def words(self, text: str, *, size: float | None = None, color: str | None = None, bold: bool = False) -> str:
        """Markup of a raw text."""
        marked = f"<B>{escape(text)}</B>" if bold else escape(text)
        look = f' POINT-SIZE="{size:g}"' if size else ""
        look += f' COLOR="{self.theme[color]}"' if color else ""
        return f"<FONT{look}>{marked}</FONT>" if look else marked

    def box(self, title: str | None, rows: Iterable[Row], stroke: str, *, count: int = 1, width: int = 76) -> Html:
        """A table: the title in bold (with `×3` for a run), then the rows."""
        cells = []
        if title is not None:
            times = " " + self.words(f"×{count}", color="count", bold=True) if count > 1 else ""
            cells.append(f'<TR><TD WIDTH="{width}">{self.words(title, bold=True)}{times}</TD></TR>')
        for row in rows:
            times = " " + self.words(f"×{row.count}", size=row.size, color="count", bold=True) if row.count > 1 else ""
            text = self.words(row.text, size=row.size, color=None if row.color == "ink" else row.color, bold=row.bold)
            cells.append(f'<TR><TD BGCOLOR="{self.theme[row.tint]}" WIDTH="{width}">{text}{times}</TD></TR>')
        cells = cells or [f'<TR><TD WIDTH="{width}"></TD></TR>']
        head = _TABLE.format(border=1, color=self.theme[stroke], pad=2, back=self.theme["paper"])
        return Html(f"{head}{''.join(cells)}</TABLE>")

    def framed(self, inner: Html, caption: str, line: Line) -> Html:
        """A box in a dashed or dotted frame with a caption under it: a branch that may be dropped."""
        color = self.theme[line.color]
        return Html(
            f'<TABLE BORDER="1" STYLE="{line.style}" COLOR="{color}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">'
            f"<TR><TD>{inner.markup}</TD></TR>"
            f"<TR><TD>{self.words(caption, size=8, color=line.color)}</TD></TR></TABLE>"
        )

    def fault(self, said: str) -> Html:
        """A step that failed: what is wrong, broken into short lines."""
        lines = wrap(said, 30)[:6] or [said]
        rows = "".join(f"<TR><TD>{self.words(line, size=8, color='fault')}</TD></TR>" for line in lines)
        look = f'BORDER="2" COLOR="{self.theme["fault"]}" BGCOLOR="{self.theme["fault_fill"]}"'
        return Html(f'<TABLE {look} CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">{rows}</TABLE>')

    def caption(self, name: str, rest: str) -> Html:
        """A name in bold and grey words after it: the title of a stage or block."""
        after = f"&nbsp; {self.words(rest, size=8, color='muted')}" if rest else ""
        return Html(f"{self.words(name, size=10, bold=True)}{after}")

    def heading(
        self, name: str, figures: str, legend: Sequence[str], width: float, faults: Sequence[str] = (), note: str = ""
    ) -> Html:
        """The title line of a picture; below it what is wrong, a note, and the legend (kinds of line), no wider than
        about `width` points."""
        title = self.words(name, size=13, bold=True)
        figures = self.words(figures, size=10, color="muted")
        rows = [f"{title}&nbsp;&nbsp;{figures}"]
        for fault in faults:
            rows += [self.words(line, size=9, color="fault") for line in wrap(fault, max(30, int(width / 4.6)))]
        rows += [self.words(note, size=8, color="muted")] if note else []
        used = width
        for kind in legend:
            line = LINES[kind]
            sample = self.words(_DRAWN[line.style], size=10, color=line.color, bold=True)
            entry = f"{sample} {self.words(line.meaning, size=8, color='muted')}"
            needed = 48 + 4.2 * len(line.meaning)
            if used + needed > width:
                rows.append(entry)
                used = needed
            else:
                rows[-1] += "&nbsp;&nbsp;&nbsp; " + entry
                used += needed
        cells = "".join(f'<TR><TD ALIGN="LEFT">{row}</TD></TR>' for row in rows)
        return Html(f"{_BARE.format(pad=2)}{cells}</TABLE>")

    def lines(self, texts: Iterable[str], color: str) -> Html:
        """Short lines one below the other, to the left: they stay clear of a trunk that runs through a narrow frame."""
        return Html("".join(self.words(one, size=8, color=color) + '<BR ALIGN="LEFT"/>' for one in texts))

    def rounded(self, name: str, below: str, *, color: str = "ink") -> Html:
        """What comes into a picture or leaves it: a name in bold with a grey line below it, in a rounded box."""
        text = self.words(name, bold=True)
        if below:
            text += f"<BR/>{self.words(below, size=8, color='muted')}"
        look = f'BORDER="1" STYLE="ROUNDED" COLOR="{self.theme[color]}" BGCOLOR="{self.theme["paper"]}"'
        return Html(f'{_BARE.format(pad=0)}<TR><TD {look} CELLPADDING="3">{text}</TD></TR></TABLE>')

    def above_line(self, label: str) -> Html:
        """Grey words, and as much room below them: centred on a line, the words stand above it."""
        text, room = self.words(label, size=8, color="muted"), self.words(" ", size=8)
        return Html(
            f'{_BARE.format(pad=0)}<TR><TD HEIGHT="13">{text}</TD></TR><TR><TD HEIGHT="13">{room}</TD></TR></TABLE>'
        )

    def beside_line(self, label: str) -> Html:
        """Grey words with as much room to the left: centred on a line that runs down, the words stand beside it."""
        width = 8 + round(4.6 * len(label))
        room = f'<TD WIDTH="{width}" HEIGHT="14"></TD>'
        text = f'<TD WIDTH="{width}" ALIGN="LEFT">&nbsp;{self.words(label, size=8, color="muted")}</TD>'
        return Html(f"{_BARE.format(pad=0)}<TR>{room}{text}</TR></TABLE>")

    def summit(self, line: Line) -> Html:
        """The highest piece of a solid arc; edges end at its port `m`, within it, so that there is no gap."""
        table = _BARE.format(pad=0).replace(">", f' BGCOLOR="{self.theme[line.color]}">')
        side = f'<TD FIXEDSIZE="TRUE" WIDTH="3" HEIGHT="{line.width:g}"></TD>'
        middle = side.replace("<TD ", '<TD PORT="m" ', 1)
        return Html(f"{table}<TR>{side}{middle}{side}</TR></TABLE>")

    def merged(self, name: str, parts: Iterable[tuple[int, str, int]], total: int) -> Html:
        """The box of a merge of several branches: a port `p0`, `p1`, ... with the channels of each, then their sum."""
        listed = list(parts)
        paper = self.theme["paper"]
        cells = "".join(
            f'<TD PORT="p{place}" BORDER="1" WIDTH="60" BGCOLOR="{paper}">{self.words(channels, size=8)}'
            + (" " + self.words(f"×{count}", size=8, color="count", bold=True) if count > 1 else "")
            + "</TD>"
            for place, channels, count in listed
        )
        terms = " + ".join(f"{count} × {channels}" if count > 1 else channels for _, channels, count in listed)
        below = f"{self.words(name, bold=True)} {self.words(f'{terms} = {total}', size=8, color='muted')}"
        table = _TABLE.format(border=1, color=self.theme["merge"], pad=2, back=self.theme["merged"])
        return Html(f'{table}<TR>{cells}</TR><TR><TD COLSPAN="{max(len(listed), 1)}">{below}</TD></TR></TABLE>')

    def head(self, name: str, below: str) -> Html:
        """The title of a column: a name in bold, grey words below it."""
        rows = f"<TR><TD>{self.words(name, size=11, bold=True)}</TD></TR>"
        if below:
            rows += f"<TR><TD>{self.words(below, size=8, color='muted')}</TD></TR>"
        return Html(f"{_BARE.format(pad=0)}{rows}</TABLE>")
