"""`resdsl fmt`: what it writes, what it says, and its exit codes."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from resdsl.cli import main

ROOT = Path(__file__).parents[3]
LOOSE = "let  a=1 # one\n"
TIDY = "let a = 1  # one\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "below").mkdir()
    (tmp_path / "loose.res").write_text(LOOSE)
    (tmp_path / "below" / "tidy.res").write_text(TIDY)
    return tmp_path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["fmt", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_writes_what_changes(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tidy = folder / "below" / "tidy.res"
    before = tidy.stat()
    assert run(capsys, ".", "loose.res") == (0, "loose.res formatted\n", "")
    assert (folder / "loose.res").read_text() == TIDY
    assert (tidy.stat().st_ino, tidy.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert run(capsys, ".") == (0, "", "")


def test_check(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "--check", ".") == (1, "loose.res is not formatted\n", "")
    assert (folder / "loose.res").read_text() == LOOSE
    assert run(capsys, "--check", "below") == (0, "", "")


def test_diff(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    difference = f"--- loose.res\n+++ loose.res (formatted)\n@@ -1 +1 @@\n-{LOOSE}+{TIDY}"
    assert run(capsys, "--diff", ".") == (0, difference, "")
    assert run(capsys, "--diff", "--check", ".") == (1, difference + "loose.res is not formatted\n", "")
    assert (folder / "loose.res").read_text() == LOOSE


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for arguments, result in (("-",), (0, TIDY, "")), (("-", "--check"), (1, "<stdin> is not formatted\n", "")):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(LOOSE.encode())))
        assert run(capsys, *arguments) == result


def test_nothing_is_written_where_one_text_has_faults(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "faulty.res").write_text("block b {\n  conv(3\n}\n")
    code, out, err = run(capsys, "loose.res", "faulty.res")
    assert (code, out) == (1, "")
    main(["check", "faulty.res"])
    assert capsys.readouterr().err.startswith(err)  # below which the check has its count
    assert err.startswith("faulty.res:")
    assert (folder / "loose.res").read_text() == LOOSE


def test_what_cannot_be_read_or_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "missing.res")[0] == 2
    (folder / "link.res").symlink_to(folder / "loose.res")
    code, out, err = run(capsys, "link.res")
    assert (code, out) == (2, "")
    assert "symbolic link" in err
    assert (folder / "loose.res").read_text() == LOOSE


def test_what_ships(capsys: pytest.CaptureFixture[str]) -> None:
    folders = [str(ROOT / name) for name in ("specs", "resdsl/library", "examples", "resdsl/template.res")]
    assert run(capsys, "--check", *folders) == (0, "", "")
