"""Tables: rows of words and numbers, as text, Markdown, CSV, LaTeX and HTML. What a cell says can never end it."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from html import escape

from resdsl.records import Record

Real = int | float | Fraction


class Number(Record):
    """A number and how people read it: `1,000` of 1000."""

    value: Real
    text: str


Cell = str | Number


class Column(Record):
    head: str
    right: bool = False
    """Numbers stand to the right."""
    name: str = ""
    """What the column is called where numbers are written as they are (CSV), if that is another word."""


class Table(Record):
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    title: str = ""
    notes: tuple[str, ...] = ()
    """Lines below it."""

    def dense(self) -> Table:
        """Without the columns that say nothing."""
        used = [i for i in range(len(self.columns)) if any(shown(row[i]) for row in self.rows)]
        rows = tuple(tuple(row[i] for i in used) for row in self.rows)
        return Table(tuple(self.columns[i] for i in used), rows, self.title, self.notes)

    def text(self) -> str:
        """For a terminal: columns in line, rules above and below the rows."""
        grid = [[column.head for column in self.columns], *([shown(cell) for cell in row] for row in self.rows)]
        widths = [max(len(line[i]) for line in grid) for i in range(len(self.columns))]
        rule = "  ".join("-" * width for width in widths)
        head, *rows = [self._line(line, widths) for line in grid]
        above = [self.title, ""] if self.title else []
        return "\n".join([*above, head, rule, *rows, *([rule, *self.notes] if self.notes else [])]) + "\n"

    def _line(self, cells: list[str], widths: list[int]) -> str:
        parts = [
            cell.rjust(width) if column.right else cell.ljust(width)
            for cell, width, column in zip(cells, widths, self.columns, strict=True)
        ]
        return "  ".join(parts).rstrip()

    def markdown(self) -> str:
        """A GitHub table, the title and notes as paragraphs."""
        lines = [[_markdown(column.head) for column in self.columns]]
        lines.append(["---:" if column.right else "---" for column in self.columns])
        lines += [[_markdown(shown(cell)) for cell in row] for row in self.rows]
        table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        title = [f"**{_markdown(self.title)}**"] if self.title else []
        notes = ["  \n".join(map(_markdown, self.notes))] if self.notes else []
        return "\n\n".join([*title, table, *notes]) + "\n"

    def csv(self) -> str:
        """Numbers as they are, no title, no notes."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.name or column.head for column in self.columns])
        writer.writerows([_plain(cell) for cell in row] for row in self.rows)
        return out.getvalue()

    def latex(self) -> str:
        """A `tabular` with the rules of the package booktabs."""
        layout = "".join("r" if column.right else "l" for column in self.columns)
        lines = [
            rf"\begin{{tabular}}{{{layout}}}",
            r"\toprule",
            _latex_row([column.head for column in self.columns]),
            r"\midrule",
            *(_latex_row([shown(cell) for cell in row]) for row in self.rows),
            r"\bottomrule",
            r"\end{tabular}",
        ]
        above = [f"% {' '.join(self.title.split())}"] if self.title else []
        below = [f"% {' '.join(note.split())}" for note in self.notes]
        return "\n".join([*above, *lines, *below]) + "\n"

    def html(self) -> str:
        """A `table` element, the title as its caption and the notes as its foot."""
        sides = ["right" if column.right else "left" for column in self.columns]
        head = _html_row("th", [column.head for column in self.columns], sides)
        body = "".join(_html_row("td", [shown(cell) for cell in row], sides) for row in self.rows)
        notes = "<br>".join(escape(note) for note in self.notes)
        foot = f'<tr><td colspan="{len(sides)}" style="text-align: left">{notes}</td></tr>' if notes else ""
        caption = f'<caption style="text-align: left">{escape(self.title)}</caption>' if self.title else ""
        return f"<table>{caption}<thead>{head}</thead><tbody>{body}</tbody><tfoot>{foot}</tfoot></table>"

    def render(self, form: str) -> str:
        """As `table`, `md`, `csv` or `latex`."""
        forms = {"table": self.text, "md": self.markdown, "csv": self.csv, "latex": self.latex}
        return forms[form]()


def shown(cell: Cell) -> str:
    """What a person reads."""
    return cell.text if isinstance(cell, Number) else cell


def count(value: int) -> Number:
    """A whole number with its thousands apart."""
    return Number(value, f"{value:,}")


def size(value: int) -> str:
    """Bytes as people read them: `97.5 MiB`."""
    for unit, factor in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if value >= factor:
            return f"{value / factor:.1f} {unit}"
    return f"{value} B"


def _plain(cell: Cell) -> str | int | float:
    """A word that a spreadsheet would take for a formula gets a quote in front of it."""
    if isinstance(cell, Number):
        return float(cell.value) if isinstance(cell.value, Fraction) else cell.value
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


_MARKDOWN = str.maketrans(
    {**{sign: f"\\{sign}" for sign in "\\`*_{}[]#|~"}, "<": "&lt;", ">": "&gt;", "&": "&amp;", "\n": " ", "\r": " "}
)
_LATEX = str.maketrans(
    {
        **{sign: f"\\{sign}" for sign in "&%$#_{}"},
        "\\": r"\textbackslash{}", "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
        ">": r"\textgreater{}", "|": r"\textbar{}", "×": r"$\times$", "−": "$-$", "·": r"$\cdot$", "→": r"$\to$",
        "\u2013": "--", "—": "---", "…": r"\ldots{}", "⋯": r"$\cdots$", "≥": r"$\geq$", "≤": r"$\leq$", "\n": " ",
        "\r": " ",
    }
)  # fmt: skip


def _markdown(text: str) -> str:
    return text.translate(_MARKDOWN)


def latex_text(text: str) -> str:
    """A text as LaTeX shows it."""
    return text.translate(_LATEX)


def _latex_row(cells: list[str]) -> str:
    return " & ".join(map(latex_text, cells)) + r" \\"


def _html_row(tag: str, cells: list[str], sides: list[str]) -> str:
    row = (f'<{tag} style="text-align: {side}">{escape(cell)}</{tag}>' for cell, side in zip(cells, sides, strict=True))
    return f"<tr>{''.join(row)}</tr>"
