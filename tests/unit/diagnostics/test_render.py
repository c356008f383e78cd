"""What a person sees of a fault, written out by hand."""

from __future__ import annotations

import json
import re
from textwrap import dedent

from resdsl.diagnostics import Diagnostic, Edit, Fix, Frame, Label, Severity
from resdsl.diagnostics.machine import render_json
from resdsl.diagnostics.render import render_concise, render_full
from resdsl.source import Source, Span

NET = Source(
    "net.res",
    "block b(width) {\n  residual { conv(3, width) } shortcut identity\n}\nmodel m {\n  input 3x8x8\n  b(64)\n}\n",
)


def span(text: str, source: Source = NET) -> Span:
    start = source.text.index(text)
    return Span(source, start, start + len(text))


def lines(text: str) -> str:
    return dedent(text).lstrip("\n")


def test_full_shows_labels_notes_help_and_trace() -> None:
    fault = Diagnostic(
        "E301",
        "add of 64x8x8 and 3x8x8",
        Label(span("shortcut identity"), "the shortcut gives 3x8x8"),
        secondary=(Label(span("{ conv(3, width) }"), "the branch gives 64x8x8"), Label(span("b(64)"), "called here")),
        notes=("they differ in channels",),
        help="write `shortcut project`",
        trace=(Frame("in b, from m", span("b(64)")),),
    )
    assert render_full([fault]) == lines(
        """
        net.res:2:31: error[E301]: add of 64x8x8 and 3x8x8
        2 |   residual { conv(3, width) } shortcut identity
          |                               ^^^^^^^^^^^^^^^^^ the shortcut gives 3x8x8
          |            ------------------ the branch gives 64x8x8
         ...
        6 |   b(64)
          |   ----- called here
          = note: they differ in channels
          = help: write `shortcut project`
          = in b, from m (net.res:6:3)
        """
    )


def test_span_of_several_lines_shows_its_first_and_last() -> None:
    block = "{\n  residual { conv(3, width) } shortcut identity\n}"
    assert render_full([Diagnostic("E103", "bad", Label(span(block), "all this"))]) == lines(
        """
        net.res:1:16: error[E103]: bad
        1 | block b(width) {
          |                ^
         ...
        3 | }
          | ^ all this
        """
    )
    model = "model m {\n  input 3x8x8\n  b(64)\n}"
    assert render_full([Diagnostic("E103", "bad", Label(span(model)))]).splitlines()[1:3] == [
        "4 | model m {",
        "  | ^^^^^",
    ]


def test_span_that_ends_with_its_newline_stays_on_its_line() -> None:
    rendered = render_full([Diagnostic("E103", "bad", Label(span("  b(64)\n")))])
    assert rendered.splitlines()[1:] == ["6 |   b(64)", "  | ^^^^^^^"]


def test_end_of_input_has_a_caret() -> None:
    source = Source("e.res", "model m {")
    rendered = render_full([Diagnostic("E001", "not closed", Label(Span(source, 9, 9)))])
    assert rendered.splitlines()[1:] == ["1 | model m {", "  |          ^"]


def test_empty_file() -> None:
    assert render_full([Diagnostic("E001", "empty", Label(Span(Source("e.res", ""), 0, 0)))]) == lines(
        """
        e.res:1:1: error[E001]: empty
        1 |
          | ^
        """
    )


def test_tabs_are_one_column_and_carets_stay_under_the_text() -> None:
    source = Source("t.res", "\tbn -> rel\n")
    assert render_full([Diagnostic("E101", "no `rel`", Label(span("rel", source)))]).splitlines() == [
        "t.res:1:8: error[E101]: no `rel`",
        "1 |     bn -> rel",
        "  |           ^^^",
    ]


def test_wide_and_combining_characters_keep_carets_aligned() -> None:
    source = Source("w.res", 'x "漢字e\u0301" rel')
    text, marks = render_full([Diagnostic("E101", "no", Label(span("rel", source)))]).splitlines()[1:]
    # Two columns for each Han character, none for the accent.
    assert text == '1 | x "漢字e\u0301" rel'
    assert marks == "  | " + " " * len('x "....e" ') + "^^^"


def test_control_and_bidirectional_characters_are_escaped_everywhere() -> None:
    source = Source("a\x1b[2J.res", "bn \x1b[31m \u202e rel")
    fault = Diagnostic("E004", "a control character \x1b in\nthe text", Label(span("rel", source), "\x07"))
    rendered = render_full([fault]) + render_concise([fault])
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f\u202e]", rendered)
    assert rendered.splitlines()[0] == r"a\x1b[2J.res:1:12: error[E004]: a control character \x1b in\x0athe text"
    assert rendered.splitlines()[1] == r"1 | bn \x1b[31m \u202e rel"
    assert rendered.splitlines()[2].index("^") == rendered.splitlines()[1].index("rel")


def test_long_lines_are_cut_around_the_label() -> None:
    source = Source("l.res", "a -> " * 100 + "rel" + " -> b" * 100)
    text, marks = render_full([Diagnostic("E101", "no", Label(span("rel", source)))]).splitlines()[1:]
    assert len(text) < 180
    assert text.startswith("1 | …")
    assert text.endswith("…")
    assert text[marks.index("^") :].startswith("rel")


def test_a_long_line_is_shown_again_where_a_label_is_beyond_the_cut() -> None:
    source = Source("l.res", "one -> " + "a -> " * 100 + "two" + " -> b" * 100 + " -> end")
    labels = Label(span("two", source), "2"), (Label(span("one", source), "1"), Label(span("end", source), "3"))
    shown = render_full([Diagnostic("E101", "no", labels[0], secondary=labels[1])]).splitlines()[1:]
    assert len(shown) == 6
    for text, marks, word in zip(shown[::2], shown[1::2], ("two", "one", "end"), strict=True):
        assert text[marks.index("^" if word == "two" else "-") :].startswith(word)


def test_source_fits_a_narrow_terminal() -> None:
    source = Source("l.res", "a -> " * 12 + "rel" + " -> b" * 12)
    fault = Diagnostic("E101", "no", Label(span("rel", source)))
    for columns in (50, 80, 100):
        text, marks = render_full([fault], columns=columns).splitlines()[1:]
        assert len(text) < columns
        assert text[marks.index("^") :].startswith("rel")
    assert render_full([fault], columns=400) == render_full([fault])


def test_another_file_is_announced() -> None:
    other = Source("blocks.res", "block b {\n}\n")
    fault = Diagnostic("E101", "no", Label(span("b(64)")), secondary=(Label(span("block b", other), "defined here"),))
    assert render_full([fault]) == lines(
        """
        net.res:6:3: error[E101]: no
        6 |   b(64)
          |   ^^^^^
          --> blocks.res
        1 | block b {
          | ------- defined here
        """
    )


def test_at_most_three_secondary_labels() -> None:
    fault = Diagnostic("E101", "no", Label(span("b(64)")), secondary=(Label(span("block b")),) * 5)
    assert render_full([fault]).count("-------") == 3


def test_two_labels_of_one_place_are_one() -> None:
    place = Label(span("b(64)"), "here")
    assert render_full([Diagnostic("E101", "no", Label(place.span), secondary=(place,))]).splitlines()[1:] == [
        "6 |   b(64)",
        "  |   ^^^^^ here",
    ]


def many(count: int) -> list[Diagnostic]:
    return [Diagnostic("E101", f"number {i}", Label(span("b(64)"))) for i in range(count)]


def test_twenty_then_a_count() -> None:
    full, concise = render_full(many(34)), render_concise(many(34))
    assert full.count("error[E101]") == concise.count("error[E101]") == 20
    assert full.endswith("\nand 14 more\n")
    assert concise.splitlines()[-1] == "and 14 more"
    assert "more" not in render_full(many(20))


def test_nothing_renders_as_nothing() -> None:
    assert render_full([]) == render_concise([]) == ""


def test_colour_adds_only_escapes() -> None:
    faults = [*many(2), Diagnostic("W501", "look", Label(span("block b"), "here"), Severity.WARNING, help="do")]
    colored = render_full(faults, color=True)
    assert "\x1b[1;31merror[E101]" in colored
    assert "\x1b[1;33mwarning[W501]" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == render_full(faults)


def test_json_has_every_diagnostic_and_both_ends_of_each_span() -> None:
    fault = Diagnostic("E301", "bad", Label(span("b(64)"), "x"), notes=("n",), trace=(Frame("in m", span("model m")),))
    data = json.loads(render_json([*many(30), fault]))
    assert data["version"] == 1
    assert len(data["diagnostics"]) == 31
    assert data["diagnostics"][-1] == {
        "code": "E301",
        "severity": "error",
        "message": "bad",
        "file": "net.res",
        "line": 6,
        "column": 3,
        "end_line": 6,
        "end_column": 8,
        "label": "x",
        "secondary": [],
        "notes": ["n"],
        "help": None,
        "trace": [{"file": "net.res", "line": 4, "column": 1, "end_line": 4, "end_column": 8, "message": "in m"}],
        "fixes": [],
    }


def fixed(*edits: Edit, help_: str | None = None) -> list[str]:
    """What is shown below the source of a fault in line 6."""
    fault = Diagnostic("E101", "no", Label(span("b(64)")), help=help_, fixes=(Fix("do it", edits, safe=True),))
    return render_full([fault]).splitlines()[3:]


def test_a_fix_is_shown_as_the_lines_it_would_write() -> None:
    assert fixed(Edit(span("b(64)"), "c(64)")) == ["  = help: do it", "6 +   c(64)"]
    assert fixed(Edit(span("b(64)"), "c(64)"), help_="did you mean `c`?")[0] == "  = help: did you mean `c`?"
    assert fixed(Edit(span("conv"), "cnov"))[1:] == [
        "2 -   residual { conv(3, width) } shortcut identity",
        "2 +   residual { cnov(3, width) } shortcut identity",
    ]
    start = Span(NET, 0, 0)
    assert fixed(Edit(span("b(64)"), "c"), Edit(start, "use std: c\n\n"))[1:] == ["1 + use std: c", "6 +   c"]
    assert fixed(Edit(span("  b(64)\n"), ""))[1:] == ["6 -   b(64)"]
    assert fixed(Edit(span("b(64)"), "a\n  b"))[1:] == ["6 +   a", "7 +   b"]


def test_a_large_fix_is_told_by_its_message_alone() -> None:
    assert fixed(Edit(span("b(64)"), "\n".join("abcdef"))) == ["  = help: do it"]
    assert fixed() == ["  = help: do it"]


def test_a_fix_at_the_end_of_a_long_line_is_in_sight() -> None:
    source = Source("l.res", "relu -> " * 100 + "relu")
    end = len(source.text)
    fix = Fix("do it", (Edit(Span(source, end, end), " -> bn"),))
    shown = render_full([Diagnostic("E101", "no", Label(Span(source, 0, 4)), fixes=(fix,))]).splitlines()
    assert shown[-1].endswith("relu -> bn")


def test_what_can_be_carried_out_is_marked() -> None:
    faults = many(2)
    concise = render_concise(faults, fixable=lambda diagnostic: diagnostic is faults[1])
    assert concise.splitlines() == ["net.res:6:3: error[E101]: number 0", "net.res:6:3: error[E101]: number 1 [*]"]


def test_the_lines_of_a_fix_cannot_move_the_cursor() -> None:
    shown = fixed(Edit(span("b(64)"), "\x1b[2J\t\u202e" + "x" * 500))
    assert shown[1].startswith(r"6 +   \x1b[2J")
    assert len(shown[1]) < 200
    assert not re.search(r"[\x00-\x1f\u202e]", "".join(shown))
