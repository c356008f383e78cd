"""HTML-like labels: boxes of tinted rows, the title of a picture, its legend."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from resdsl.backends.dot.canvas import Html
from resdsl.backends.dot.text import escape
from resdsl.backends.dot.theme import COUNT, INK, LINES, MERGE, MERGE_FILL, MUTED, WHITE, Line

_TABLE = '<TABLE BORDER="{border}" COLOR="{color}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="{pad}" BGCOLOR="{back}">'


@dataclass(frozen=True, slots=True)
class Row:
    """A strip of a box. `text` is raw; it is escaped when it is drawn."""

    text: str
    tint: str = WHITE
    size: int = 8
    color: str = INK
    bold: bool = False
    count: int = 1
    """How often it stands in the text, one after the other; shown where it is above 1."""


def words(text: str, *, size: int | None = None, color: str | None = None, bold: bool = False) -> str:
    """Markup of a raw text."""
    marked = f"<B>{escape(text)}</B>" if bold else escape(text)
    look = (f' POINT-SIZE="{size}"' if size else "") + (f' COLOR="{color}"' if color else "")
    return f"<FONT{look}>{marked}</FONT>" if look else marked


def box(title: str | None, rows: Iterable[Row], stroke: str, *, count: int = 1, width: int = 76) -> Html:
    """A table: the title in bold (with `×3` for a run), then the rows."""
    cells = []
    if title is not None:
        times = " " + words(f"×{count}", color=COUNT, bold=True) if count > 1 else ""
        cells.append(f'<TR><TD WIDTH="{width}">{words(title, bold=True)}{times}</TD></TR>')
    for row in rows:
        times = " " + words(f"×{row.count}", size=row.size, color=COUNT, bold=True) if row.count > 1 else ""
        text = words(row.text, size=row.size, color=row.color, bold=row.bold)
        cells.append(f'<TR><TD BGCOLOR="{row.tint}" WIDTH="{width}">{text}{times}</TD></TR>')
    return Html(_TABLE.format(border=1, color=stroke, pad=2, back=WHITE) + "".join(cells) + "</TABLE>")


def framed(inner: Html, caption: str, line: Line) -> Html:
    """A box in a dashed or dotted frame with a caption under it: a branch that may be dropped."""
    return Html(
        f'<TABLE BORDER="1" STYLE="{line.style}" COLOR="{line.color}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="3">'
        f"<TR><TD>{inner.markup}</TD></TR>"
        f"<TR><TD>{words(caption, size=8, color=line.color)}</TD></TR></TABLE>"
    )


def caption(name: str, rest: str) -> Html:
    """A name in bold and grey words after it: the title of a stage or block."""
    return Html(f"{words(name, size=10, bold=True)}&nbsp; {words(rest, size=9, color=MUTED)}")


def heading(name: str, figures: str, legend: Sequence[tuple[str, str]]) -> Html:
    """The title line of a picture, and the legend (kind of line, meaning) below it."""
    first = f"{words(name, size=13, bold=True)}&nbsp;&nbsp;{words(figures, size=10, color=MUTED)}"
    rows = [f'<TR><TD ALIGN="LEFT">{first}</TD></TR>']
    if legend:
        samples = "&nbsp;&nbsp;&nbsp; ".join(
            f"{_sample(LINES[kind])} {words(meaning, size=8, color=MUTED)}" for kind, meaning in legend
        )
        rows.append(f'<TR><TD ALIGN="LEFT">{samples}</TD></TR>')
    table = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2">'
    return Html(f"{table}{''.join(rows)}</TABLE>")


def _sample(line: Line) -> str:
    """A short piece of a line, of characters that every font has."""
    drawn = {"solid": "———", "dashed": "\u2013 \u2013 \u2013", "dotted": "· · · ·"}[line.style]
    return words(drawn, size=10, color=line.color, bold=True)


def lines(texts: Iterable[str], color: str) -> Html:
    """Short lines one below the other, to the left: they stay clear of a trunk that runs through a narrow frame."""
    return Html("".join(words(one, size=8, color=color) + '<BR ALIGN="LEFT"/>' for one in texts))


_BARE = '<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0">'


def rounded(name: str, below: str) -> Html:
    """What comes into a picture or leaves it: a name in bold with a grey line below it, in a rounded box."""
    text = f"{words(name, bold=True)}<BR/>{words(below, size=8, color=MUTED)}"
    return Html(f'{_BARE}<TR><TD BORDER="1" STYLE="ROUNDED" COLOR="{INK}" CELLPADDING="3">{text}</TD></TR></TABLE>')


def above_line(label: str) -> Html:
    """Grey words, and as much room below them: centred on a line, the words stand above it."""
    text, room = words(label, size=8, color=MUTED), words(" ", size=8)
    return Html(f'{_BARE}<TR><TD HEIGHT="13">{text}</TD></TR><TR><TD HEIGHT="13">{room}</TD></TR></TABLE>')


def beside_line(label: str) -> Html:
    """Grey words with as much room to the left: centred on a line that runs down, the words stand beside it."""
    width = 8 + round(4.6 * len(label))
    room = f'<TD WIDTH="{width}" HEIGHT="14"></TD>'
    text = f'<TD WIDTH="{width}" ALIGN="LEFT">&nbsp;{words(label, size=8, color=MUTED)}</TD>'
    return Html(f"{_BARE}<TR>{room}{text}</TR></TABLE>")


def summit(line: Line) -> Html:
    """The highest piece of a solid arc; edges end at its port `m`, within it, so that there is no gap."""
    cell = f'<TD FIXEDSIZE="TRUE" WIDTH="4" HEIGHT="{line.width:g}" BGCOLOR="{line.color}"></TD>'
    middle = cell.replace("<TD ", '<TD PORT="m" ', 1)
    return Html(f"{_BARE}<TR>{cell}{middle}{cell}</TR></TABLE>")


def merged(name: str, parts: Iterable[tuple[int, str, int]], total: int) -> Html:
    """The box of a merge of several branches: a port `p0`, `p1`, ... with the channels of each, then their sum."""
    listed = list(parts)
    cells = "".join(
        f'<TD PORT="p{place}" BORDER="1" WIDTH="60" BGCOLOR="{WHITE}">{words(channels, size=8)}'
        + (" " + words(f"×{count}", size=8, color=COUNT, bold=True) if count > 1 else "")
        + "</TD>"
        for place, channels, count in listed
    )
    terms = " + ".join(f"{count} × {channels}" if count > 1 else channels for _, channels, count in listed)
    below = f"{words(name, bold=True)} {words(f'{terms} = {total}', size=8, color=MUTED)}"
    table = f'<TABLE BORDER="1" COLOR="{MERGE}" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2" BGCOLOR="{MERGE_FILL}">'
    return Html(f'{table}<TR>{cells}</TR><TR><TD COLSPAN="{max(len(listed), 1)}">{below}</TD></TR></TABLE>')


def entry(name: str, below: str, value: str, shape: str) -> Html:
    """The head of a column (a name in bold, grey words below it) and the value that comes in."""
    return Html(
        f"{_BARE}<TR><TD>{words(name, size=11, bold=True)}</TD></TR>"
        f'<TR><TD>{words(below, size=8, color=MUTED)}</TD></TR><TR><TD HEIGHT="6"></TD></TR>'
        f"<TR><TD>{rounded(value, shape).markup}</TD></TR></TABLE>"
    )
