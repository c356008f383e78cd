"""Any text gives a file and diagnostics inside the text, never an exception."""

from __future__ import annotations

from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from resdsl.diagnostics import Report
from resdsl.source import Source
from resdsl.syntax import parse

SAMPLES = Path(__file__).parent.parent / "unit" / "syntax" / "samples"
TEXTS = [path.read_text(encoding="utf-8") for path in sorted(SAMPLES.glob("*.res"))]
PIECES = [
    "{", "}", "(", ")", "[", "]", "|", "->", ":", ",", ";", "\n", '"', "=", "x", " x ", "3x3", "block", "model", "let",
    "residual", "else", "shortcut", "gate", "survival", "if", "for", "in", "keep", "1", "2.5M", "$", "\x00", "\u202e",
    "#", "ä", ".", "^", "-", "\r", "\r\n", "\t",
]  # fmt: skip

EDIT = st.tuples(st.integers(0, 5_000), st.integers(0, 12), st.sampled_from(["", *PIECES]))


def check(text: str) -> None:
    report = Report()
    parse(Source("fuzz.res", text), report)
    for fault in report:
        assert 0 <= fault.span.start <= fault.span.end <= len(text), repr(text)
        assert fault.message


@settings(max_examples=250, deadline=2_000, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(TEXTS), st.lists(EDIT, min_size=1, max_size=4))
def test_mutated_text(text: str, edits: list[tuple[int, int, str]]) -> None:
    for at, length, piece in edits:
        place = at % (len(text) + 1)
        text = text[:place] + piece + text[place + length :]
    check(text)


@settings(max_examples=250, deadline=2_000, derandomize=True)
@given(st.lists(st.sampled_from([*PIECES, " "]), max_size=40))
def test_pieces_in_any_order(pieces: list[str]) -> None:
    check("".join(pieces))


@settings(max_examples=100, deadline=2_000, derandomize=True)
@given(st.text(max_size=60))
def test_any_text(text: str) -> None:
    check(text)
