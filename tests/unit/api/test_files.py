"""Texts come in with a place for every fault; products go out whole or not at all."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from resdsl.diagnostics import Report
from resdsl.files import decode, read_source, write_whole
from resdsl.limits import Limits


def test_a_byte_order_mark_is_dropped() -> None:
    source = decode(b"\xef\xbb\xbfmodel", "a.res", Report())
    assert source is not None
    assert source.text == "model"


def test_a_byte_that_is_not_utf8_has_a_place() -> None:
    report = Report()
    assert decode("é\n漢 \udcff\xff".encode("utf-8", "surrogateescape"), "a.res", report) is None
    (fault,) = report
    assert (fault.code, str(fault.span)) == ("E020", "a.res:2:3")
    assert "0xff" in fault.message


def test_a_file_over_the_limit_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "big.res"
    path.write_bytes(b"#" * 101)
    report = Report()
    assert read_source(path, "big.res", report, Limits(file_bytes=100)) is None
    assert [fault.code for fault in report] == ["E021"]
    assert read_source(path, "big.res", Report(), Limits(file_bytes=101)) is not None


def test_writes_are_whole_and_keep_the_mode(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    write_whole(path, "x = 1\n")
    path.chmod(0o640)
    write_whole(path, "y = 2\n")
    assert path.read_text() == "y = 2\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert list(tmp_path.iterdir()) == [path]


def test_a_new_file_has_the_usual_mode(tmp_path: Path) -> None:
    usual = tmp_path / "usual"
    usual.touch()
    write_whole(tmp_path / "a.py", "")
    assert (tmp_path / "a.py").stat().st_mode == usual.stat().st_mode


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    link = tmp_path / "link.py"
    link.symlink_to(target)
    with pytest.raises(OSError, match="symbolic link"):
        write_whole(link, "x")
    (tmp_path / "dangling.py").symlink_to(tmp_path / "nowhere")
    with pytest.raises(OSError, match="symbolic link"):
        write_whole(tmp_path / "dangling.py", "x")
    assert target.read_text() == "mine"
    assert not (tmp_path / "nowhere").exists()


def test_nothing_is_written_over_the_spec_or_a_folder(tmp_path: Path) -> None:
    spec = tmp_path / "a.res"
    spec.write_text("mine")
    hard = tmp_path / "a.py"
    hard.hardlink_to(spec)
    with pytest.raises(OSError, match="the spec itself"):
        write_whole(hard, "x", keep=spec)
    with pytest.raises(OSError, match="not a regular file"):
        write_whole(tmp_path, "x")
    assert spec.read_text() == "mine"


def test_a_failed_write_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text("before")
    with pytest.raises(UnicodeEncodeError):
        write_whole(path, "\ud800")
    assert path.read_text() == "before"
    assert list(tmp_path.iterdir()) == [path]
