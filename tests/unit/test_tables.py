"""Tables in every form, and that no cell breaks out of one."""

from __future__ import annotations

import csv
import io
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from resdsl.tables import Column, Number, Table, count, size

COLUMNS = (Column("name"), Column("n", right=True, name="number"), Column("said"))
TABLE = Table(COLUMNS, (("a", count(1_000), ""), ("bcd", Number(Fraction(1, 2), "0.5"), "")), "Title", ("note",))
HOSTILE = (
    "</td><script>alert(1)</script>", "a|b", "`x`", "a\nb", "=1+2", "@x", "\\input{/etc/passwd}", "100% $x$ #1 a_b {c}",
    "[x](javascript:alert(1))", "~^<>", "a,b", '"',
)  # fmt: skip


def test_text() -> None:
    assert TABLE.text().splitlines() == [
        "Title",
        "",
        "name      n  said",
        "----  -----  ----",
        "a     1,000",
        "bcd     0.5",
        "----  -----  ----",
        "note",
    ]


def test_dense_leaves_out_what_says_nothing() -> None:
    assert [column.head for column in TABLE.dense().columns] == ["name", "n"]


def test_markdown() -> None:
    assert (
        TABLE.dense().markdown() == "**Title**\n\n| name | n |\n| --- | ---: |\n| a | 1,000 |\n| bcd | 0.5 |\n\nnote\n"
    )


def test_csv_has_numbers_as_they_are() -> None:
    assert TABLE.csv() == "name,number,said\na,1000,\nbcd,0.5,\n"


def test_latex() -> None:
    lines = TABLE.dense().latex().splitlines()
    assert lines[:3] == ["% Title", r"\begin{tabular}{lr}", r"\toprule"]
    assert lines[5] == r"a & 1,000 \\"
    assert lines[-1] == "% note"


def test_sizes() -> None:
    assert [size(n) for n in (0, 1023, 1024, 3 << 20, 5 << 30)] == ["0 B", "1023 B", "1.0 KiB", "3.0 MiB", "5.0 GiB"]


@pytest.mark.parametrize("text", HOSTILE)
def test_no_cell_breaks_out(text: str) -> None:
    table = Table((Column("a"), Column("b")), ((text, "end"),), title=text, notes=(text,))
    (head, row) = csv.reader(io.StringIO(table.csv()))
    assert (head, row[1], row[0].lstrip("'")) == (["a", "b"], "end", text)
    assert not row[0].startswith(("=", "@"))
    tags: list[str] = []
    words: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: tags.append(tag)
    parser.handle_data = words.append
    parser.feed(table.html())
    assert "script" not in tags
    assert tags.count("td") == 3
    assert text in "".join(words)
    body = table.markdown().splitlines()[4]
    assert body.endswith(" | end |")
    assert "<" not in body
    latex = table.latex().splitlines()
    assert all(line.startswith("%") for line in (latex[0], latex[-1]))
    assert len([line for line in latex if line.endswith(r"& end \\")]) == 1
    assert r"\input" not in "\n".join(line for line in latex if not line.startswith("%"))
