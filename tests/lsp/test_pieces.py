"""What the server is made of: places, pieces of texts, what is checked again, the worker."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resdsl.api import inspect
from resdsl.diagnostics import Diagnostic, Report
from resdsl.files import read_source
from resdsl.limits import Limits
from resdsl.lsp import checking
from resdsl.lsp.checking import Checker, Findings
from resdsl.lsp.chunks import Chunks, Shift
from resdsl.lsp.completion import complete
from resdsl.lsp.documents import Workspace
from resdsl.lsp.formatting import formatting
from resdsl.lsp.hover import hover
from resdsl.lsp.inlay import inlays
from resdsl.lsp.navigation import definition, references
from resdsl.lsp.outline import folds, outline
from resdsl.lsp.positions import Encoding, Positions
from resdsl.lsp.rename import Refusal, rename
from resdsl.lsp.signatures import signature_help
from resdsl.lsp.tokens import tokens
from resdsl.lsp.worker import Worker
from resdsl.resources import root
from resdsl.source import Source
from resdsl.specs import Spec

TEXTS = st.text(st.sampled_from("ab é🙂\u2028\n\r\t"), max_size=30)
WIDTHS = {Encoding.UTF8: ("utf-8", 1), Encoding.UTF16: ("utf-16-le", 2), Encoding.UTF32: ("utf-32-le", 4)}


# --- places --------------------------------------------------------------------------------------


@given(TEXTS, st.sampled_from(Encoding))
def test_places_agree_with_python_s_own_encodings(text, encoding):
    positions = Positions(text, encoding)
    codec, width = WIDTHS[encoding]
    for offset in range(len(text) + 1):
        if text[offset - 1 : offset + 1] == "\r\n":
            continue  # between the two there is no place
        line, column = positions.position(offset)
        before = text[:offset].replace("\r\n", "\n").replace("\r", "\n").split("\n")
        assert line == len(before) - 1
        assert column == len(before[-1].encode(codec)) // width
        assert positions.offset(line, column) == offset


def test_places_outside_are_the_nearest():
    positions = Positions("a🙂b\nc", Encoding.UTF16)
    assert positions.offset(0, 2) == 1, "within the surrogate pair"
    assert positions.offset(0, 99) == 3
    assert positions.offset(7, 0) == 5


# --- pieces --------------------------------------------------------------------------------------


@given(TEXTS, TEXTS, TEXTS, TEXTS)
def test_what_is_beside_an_edit_moves_with_the_text(head, old, new, tail):
    before, after = head + old + tail, head + new + tail
    shift = Shift(before, after)
    assert shift.forward(0, len(head)) == (0, len(head))
    for start in range(len(before) + 1):
        for end in range(start, len(before) + 1):
            moved = shift.forward(start, end)
            grown = start, end + len(after) - len(before)  # around the edit
            assert moved is None or moved == grown or after[slice(*moved)] == before[start:end]


def test_an_edited_range_is_lost_and_one_around_it_grows():
    shift = Shift("conv(3, 64) -> relu", "conv(3, 128) -> relu")
    assert shift.forward(8, 10) is None
    assert shift.forward(0, 11) == (0, 12)
    assert shift.forward(15, 19) == (16, 20)


def test_pieces_begin_with_definitions_and_cover_the_text():
    text = "# head\nuse std: a\n\nblock b {\n  relu\n}\nmodel b {\n}\nblock b {"
    chunks = Chunks(text)
    assert [chunk.key for chunk in chunks.all] == [("", 0), ("use", 0), ("block b", 0), ("model b", 0), ("block b", 1)]
    assert "".join(chunk.text for chunk in chunks.all) == text


# --- checks --------------------------------------------------------------------------------------

SPEC = """\
let width = 8
block one { conv(3, width) }
block two { conv(3, 4, groups=1) -> relu }
model a { input 3x8x8; one }
model b { input 3x8x8; two }
model c = a
"""


@pytest.fixture
def built(monkeypatch) -> list[str]:
    """The models that are elaborated, as they are."""
    names: list[str] = []
    build = checking.build

    def counted(program, name, report, **more):
        names.append(name)
        return build(program, name, report, **more)

    monkeypatch.setattr(checking, "build", counted)
    return names


def check(checker: Checker, text: str, near: int = 0) -> Findings:
    findings = list(checker.check(Source("/net.res", text), Path.read_bytes, near, threading.Event()))
    assert findings[-1].complete
    return findings[-1]


def test_only_what_an_edit_reaches_is_elaborated_again(built):
    checker = Checker(Limits())
    check(checker, SPEC)
    assert sorted(built) == ["a", "b", "c"]
    for edited, expected in [
        (SPEC.replace("-> relu", "-> gelu"), ["b"]),
        (SPEC.replace("-> relu", "-> gelu").replace("let width = 8", "let width = 9"), ["a", "c"]),
        ("# more\n\n" + SPEC.replace("-> relu", "-> gelu").replace("let width = 8", "let width = 9"), []),
    ]:
        built.clear()
        check(checker, edited)
        assert built == expected


def test_the_models_near_the_cursor_come_first(built):
    check(Checker(Limits()), SPEC, near=SPEC.index("two"))
    assert built == ["b", "a", "c"]


@pytest.mark.parametrize(
    "edit",
    [
        lambda text: "# more\n" + text,
        lambda text: text.replace("let width = 8", "let width = 7 + 2"),
        lambda text: text + "model d { input 3x8x8; conv(3, 8, groups=7) }\n",
        lambda text: text.replace("groups=1", "groups=3"),
        lambda text: text.replace("block one", "block uno"),
        lambda text: text.replace("{ conv(3, width) }", "{ conv(3, }"),
    ],
)
def test_what_is_remembered_is_what_would_be_found(edit):
    """After an edit the diagnostics are those of a fresh check, places included."""
    text = SPEC.replace("groups=1", "groups=2")  # a fault that stays, and moves
    remembering = Checker(Limits())
    assert [d.code for d in check(remembering, text).diagnostics] == ["E303"]
    edited = edit(text)
    assert _plain(check(remembering, edited)) == _plain(check(Checker(Limits()), edited))


def _plain(findings: Findings) -> list[tuple[object, ...]]:
    return [_diagnostic(d) for d in findings.diagnostics]


def _diagnostic(d: Diagnostic) -> tuple[object, ...]:
    spans = [(str(label.span), label.span.end, label.message) for label in (d.primary, *d.secondary)]
    fixes = [(fix.message, [(str(e.span), e.text) for e in fix.edits]) for fix in d.fixes]
    return d.code, d.message, spans, [str(frame.span) for frame in d.trace], fixes


def test_imports_count(built, tmp_path):
    part = tmp_path / "parts.res"
    part.write_text("block piece { relu }\n", encoding="utf-8")
    text = 'use "parts.res": piece\nmodel a { input 3x8x8; piece }\n'
    checker = Checker(Limits())

    def look() -> None:
        list(checker.check(Source(str(tmp_path / "net.res"), text), Path.read_bytes, 0, threading.Event()))

    look()
    look()
    assert built == ["a"]
    part.write_text("block piece { gelu }\n", encoding="utf-8")
    look()
    assert built == ["a", "a"]


def test_a_check_that_nobody_waits_for_ends(built):
    cancelled = threading.Event()
    cancelled.set()
    assert list(Checker(Limits()).check(Source("/net.res", SPEC), Path.read_bytes, 0, cancelled)) == []
    assert built == ["a"]


# --- the worker ----------------------------------------------------------------------------------


def test_the_latest_job_of_a_key_is_carried_out():
    done: list[str] = []
    finished = threading.Event()

    def carry_out(job: str, _cancelled: threading.Event) -> None:
        done.append(job)
        finished.set()

    worker = Worker(carry_out)
    for job in "abc":
        worker.schedule("key", job, 0.05)
    assert finished.wait(10)
    worker.stop()
    assert done == ["c"]


def test_a_newer_job_stops_the_one_that_runs():
    began, told = threading.Event(), threading.Event()

    def carry_out(job: str, cancelled: threading.Event) -> None:
        began.set()
        if job == "old" and cancelled.wait(10):
            told.set()

    worker = Worker(carry_out)
    worker.schedule("key", "old")
    assert began.wait(10)
    worker.schedule("other", "beside")
    time.sleep(0.01)
    assert not told.is_set(), "another text's job waits"
    worker.schedule("key", "new")
    assert told.wait(10)
    worker.stop()


# --- broken texts --------------------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(root("specs").glob("*.res")), ids=lambda path: path.stem)
def test_every_capability_answers_on_every_cut_of_a_spec(path, tmp_path):
    text = path.read_text(encoding="utf-8")
    workspace = Workspace(Limits())
    for end in range(7, len(text), len(text) // 5):
        snapshot = workspace.open((tmp_path / "cut.res").as_uri(), text[:end] + text[end + 5 :], 1).snapshot
        outline(snapshot)
        found = tokens(workspace, snapshot)
        assert all(a.end <= b.start for a, b in pairwise(found)), "none within another"
        folds(snapshot)
        formatting(snapshot)
        inlays(workspace, snapshot, 0, end)
        for offset in (end, end // 2):
            hover(workspace, snapshot, offset)
            complete(workspace, snapshot, offset)
            signature_help(workspace, snapshot, offset)
            definition(workspace, snapshot, offset)
            references(workspace, snapshot, offset)
            with suppress(Refusal):
                rename(workspace, snapshot, offset, "another")


CASES = Path(__file__).parent.parent / "cases" / "errors"
WRONG = [path for path in sorted(CASES.rglob("*.res")) if not path.stem.startswith("limit")]


@pytest.mark.parametrize("path", WRONG, ids=lambda path: str(path.relative_to(CASES)))
def test_an_editor_says_what_check_says(path):
    """Every wrong spec: the same faults at the same places."""
    workspace = Workspace(Limits())
    document = workspace.open(path.as_uri(), "", 1)
    report = Report()
    source = read_source(path, path.as_posix(), report)
    if source is None:
        return  # no text that an editor could show
    said = list(document.checker.check(source, workspace.reader(), 0, threading.Event()))[-1]
    checked = inspect(Spec(path, None), source=source)
    assert [_diagnostic(d) for d in said.diagnostics] == [_diagnostic(d) for d in checked.report]
