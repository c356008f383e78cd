"""`resdsl check`: forms and streams, fixes and files, warnings, and what was not built."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.cli import main

CLEAN = """\
model tiny {
  input 3x8x8
  conv(3, 4) -> bn -> relu
  avgpool -> flatten -> linear(2)
}
"""
SLIPS = """\
# Three slips, and one that several names are near to.
model tiny {
  input 3x8x8
  cnov(3, 4) -> bn -> relu
  residual { conv(3, 8, strid=2) -> bn } shortcut project
  conv(1, 4) -> relu7
  maxpool(3) -> avgpol -> flatten -> linear(2)
}
"""
MENDED = """\
# Three slips, and one that several names are near to.
use std: project

model tiny {
  input 3x8x8
  conv(3, 4) -> bn -> relu
  residual { conv(3, 8, stride=2) -> bn } shortcut project
  conv(1, 4) -> relu7
  maxpool(3) -> avgpool -> flatten -> linear(2)
}
"""
OPEN = "model family(depths, k, width = 4) {\n  input 3x8x8\n  conv(k, width * depths)\n}\nmodel one = family(1, 3)\n"
UNSEEN = "model m {\n  input 3x8x8\n  conv(3, 4)  # \u202e\n}\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command in a folder of its own; `text` is what stands on standard input."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str, text: str = "") -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        code = main(["check", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return call


def spec(name: str, text: str) -> Path:
    path = Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def codes(out: str) -> list[str]:
    return [diagnostic["code"] for diagnostic in json.loads(out)["diagnostics"]]


def test_people_read_faults_on_standard_error(run: Run) -> None:
    spec("net.res", SLIPS)
    code, out, err = run("net.res")
    assert (code, out) == (1, "")
    marked = [line.split(":")[1] for line in err.splitlines() if line.endswith("[*]")]
    assert marked == ["4", "5", "5", "7"]
    assert err.splitlines()[-1] == "net.res: 5 errors; can be mended: 4 with --fix, 1 with --fix --unsafe"
    assert "\n4 +   conv(3, 4) -> bn -> relu\n" in run("net.res", "--format", "full")[2]


@pytest.mark.parametrize("form", ["json", "sarif", "github"])
def test_documents_have_standard_output_for_themselves(run: Run, form: str) -> None:
    spec("net.res", SLIPS)
    spec("clean.res", CLEAN)
    code, out, err = run("net.res", "clean.res", "--format", form)
    assert (code, err) == (1, "")
    count = {
        "json": lambda: len(json.loads(out)["diagnostics"]),
        "sarif": lambda: len(json.loads(out)["runs"][0]["results"]),
        "github": lambda: len([line for line in out.splitlines() if line.startswith("::error file=net.res,")]),
    }
    assert count[form]() == 5
    code, out, err = run("clean.res", "--format", form)
    assert (code, err) == (0, "")
    if form == "json":
        looked_at = {"file": "clean.res", "models": ["tiny"], "not_built": [], "mended": 0}
        assert json.loads(out) == {"version": 1, "files": [looked_at], "diagnostics": []}
    assert out == "" if form == "github" else json.loads(out)


def test_documents_are_not_cut(run: Run) -> None:
    spec("net.res", "model m {\n  input 3x8x8\n" + "  cnov(3, 4)\n" * 50 + "}\n")
    assert len(codes(run("net.res", "--format", "json")[1])) == 50
    assert run("net.res", "--format", "github")[1].count("::error ") == 50
    err = run("net.res")[2]
    assert err.count("error[") == 20
    assert "and 30 more" in err


def test_fix_writes_what_is_safe_and_says_what_is_left(run: Run) -> None:
    path = spec("net.res", SLIPS)
    code, out, err = run("net.res", "--fix")
    assert (code, out) == (1, "")
    assert path.read_text() == MENDED
    assert "net.res:4:3: mended E101 (write `conv`)\n" in err
    assert "net.res:8:17: error[E101]" in err  # where it stands now
    assert err.splitlines()[-1] == "net.res: 4 faults mended, 1 left; can be mended: 1 with --fix --unsafe"
    assert run("net.res", "--fix")[2].splitlines()[-1].startswith("net.res: 0 faults mended, 1 left")
    assert path.read_text() == MENDED


def test_unsafe_alone_writes_nothing_and_marks_more(run: Run) -> None:
    path = spec("net.res", SLIPS)
    code, _, err = run("net.res", "--unsafe")
    assert code == 1
    assert sum(line.endswith("[*]") for line in err.splitlines()) == 5
    assert path.read_text() == SLIPS
    run("net.res", "--fix", "--unsafe")
    assert "relu7" not in path.read_text()


def test_diff_writes_nothing_and_fails_if_something_would_change(run: Run) -> None:
    path = spec("net.res", SLIPS)
    code, out, err = run("net.res", "--diff")
    assert code == 1
    assert path.read_text() == SLIPS
    assert out.splitlines()[:2] == ["--- net.res", "+++ net.res (mended)"]
    assert "+  conv(3, 4) -> bn -> relu" in out.splitlines()
    assert err == "net.res: 4 faults would be mended, 1 left; can be mended: 1 with --fix --unsafe\n"
    spec("net.res", CLEAN)
    assert run("net.res", "--diff")[:2] == (0, "")


def test_the_difference_is_the_fix(run: Run, tmp_path: Path) -> None:
    """`patch` does with it what `--fix` does."""
    if shutil.which("patch") is None:
        pytest.skip("no patch on this machine")
    path = spec("net.res", SLIPS)
    out = run("net.res", "--diff", "--unsafe")[1]
    subprocess.run(["patch", "-p0", "net.res"], input=out, text=True, check=True, cwd=tmp_path, capture_output=True)
    patched = path.read_text()
    spec("net.res", SLIPS)
    run("net.res", "--fix", "--unsafe")
    assert path.read_text() == patched


def test_standard_input_comes_out_mended(run: Run) -> None:
    code, out, err = run("-", "--fix", text=SLIPS)
    assert (code, out) == (1, MENDED)
    assert err.splitlines()[-1].startswith("<stdin>: 4 faults mended, 1 left")
    code, out, err = run("-", "--fix", text=CLEAN)
    assert (code, out) == (0, CLEAN)
    assert err == "<stdin>: 0 faults mended, none left\n"


def test_only_files_that_are_named_are_written(run: Run) -> None:
    part = spec("part.res", "block b {\n  cnov(3, 4)\n}\n")
    net = spec("net.res", 'use "part.res": b\n\nmodel m {\n  input 3x8x8\n  b -> rleu\n}\n')
    run("net.res", "--fix")
    assert "cnov" in part.read_text()
    assert "b -> relu" in net.read_text()
    code, out, err = run("net.res", "part.res", "--fix")  # the importer first: it is looked at again in the end
    assert "conv" in part.read_text()
    assert (code, out) == (0, "net.res: 0 faults mended, none left\npart.res: 1 fault mended, none left\n")
    assert err == "part.res:2:3: mended E101 (write `conv`)\n"


def test_what_ships_is_never_written(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = spec("tiny.res", SLIPS)
    monkeypatch.setattr("resdsl.specs.shipped", lambda: {"tiny": shipped.resolve()})
    code, _, err = run("tiny", "--fix")
    assert code == 1
    assert shipped.read_text() == SLIPS
    assert "[*]" not in err


def test_a_file_is_replaced_at_once_and_never_through_a_link(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    target = spec("net.res", SLIPS)
    Path("link.res").symlink_to("net.res")
    code, out, err = run("link.res", "--fix")
    assert (code, out) == (2, "")
    assert "symbolic link" in err
    monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("the disk is full")))
    assert run("net.res", "--fix")[0] == 2
    assert target.read_text() == SLIPS
    assert sorted(path.name for path in Path().iterdir()) == ["link.res", "net.res"]


def test_a_fix_that_brings_more_errors_to_light_is_left(run: Run) -> None:
    text = "model m {\n  input 3x8x8\n  cnov(3, 4)\n  conv(3, 4, groups=3)\n  expect params == 7\n}\n"
    path = spec("net.res", text)
    err = run("net.res", "--fix")[2]
    assert path.read_text() in {text, text.replace("cnov", "conv")}
    errors = err.count("error[")
    assert errors == 1


def test_windows_newlines_stay(run: Run) -> None:
    path = Path("net.res")
    path.write_bytes(SLIPS.replace("\n", "\r\n").encode())
    run("net.res", "--fix")
    assert path.read_bytes() == MENDED.replace("\n", "\r\n").encode()


def test_documents_tell_what_was_mended(run: Run) -> None:
    spec("net.res", SLIPS)
    code, out, err = run("net.res", "--fix", "--format", "json")
    assert (code, err) == (1, "")
    assert [one["mended"] for one in json.loads(out)["files"]] == [4]
    assert codes(out) == ["E101"]


@pytest.mark.parametrize("arguments", [("net.res", "--diff"), ("-", "--fix")])
def test_one_thing_on_standard_output(run: Run, arguments: tuple[str, ...]) -> None:
    spec("net.res", SLIPS)
    code, out, err = run(*arguments, "--format", "json", text=SLIPS)
    assert (code, out) == (2, "")
    assert err.startswith("resdsl: ")


def test_warnings_are_chosen_and_may_be_denied(run: Run) -> None:
    spec("net.res", UNSEEN)
    code, out, err = run("net.res")
    assert (code, out) == (0, "net.res: 1 model, no errors, 1 warning\n")
    assert "warning[W501]" in err
    assert run("net.res", "--deny-warnings")[0] == 1
    quiet = (0, "net.res: 1 model, no errors\n", "")
    for flags in (["--ignore", "W501"], ["--ignore=w5"], ["--select=W", "--ignore=W5"], ["--select=W502"]):
        assert run("net.res", "--deny-warnings", *flags) == quiet
    for flags in (["--select", "W501"], ["--select=W502,W50"], ["--select=W501", "--ignore=W5"]):
        assert run("net.res", "--deny-warnings", *flags)[0] == 1


@pytest.mark.parametrize("code", ["E101", "W9", "501", ""])
def test_only_warnings_can_be_chosen(run: Run, code: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        run("net.res", "--ignore", code)
    assert stopped.value.code == 2


def test_what_was_not_built_is_said_and_can_be(run: Run) -> None:
    spec("net.res", OPEN)
    code, out, err = run("net.res")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "net.res: 2 models, no errors",
        "net.res:family: not built, its parameters depths and k have no value; --set gives one",
    ]
    assert "its parameter k has no value" in run("net.res:family", "--set", "depths=2")[1]
    assert run("net.res:family", "--set", "depths=2", "--set", "k=3")[1] == "net.res: 1 model, no errors\n"
    code, _, err = run("net.res:family", "--set", "depths=2", "--set", "k=0")
    assert code == 1
    assert "error[" in err
    not_built = json.loads(run("net.res", "--format", "json")[1])["files"][0]["not_built"]
    assert not_built == [{"model": "family", "parameters": ["depths", "k"]}]


def test_a_size_and_faulty_settings(run: Run) -> None:
    spec("net.res", "model m(k = 3) {\n  input 3x8x8\n  conv(k, 4) -> maxpool(8, pad=0)\n}\n")
    assert run("net.res")[0] == 0
    assert run("net.res", "--input", "3x4x4")[0] == 1
    assert run("net.res", "--input", "3x4")[0] in {1, 2}
    code, out, err = run("net.res", "--set", "k=(")
    assert (code, out) == (1, "")
    assert err.startswith("--set k:1:")
    code, out, err = run("net.res", "--set", "k=(", "--format", "sarif")
    assert (code, err) == (1, "")
    assert len(json.loads(out)["runs"][0]["results"]) == 1


def test_directories(run: Run) -> None:
    spec("nets/b.res", CLEAN)
    spec("nets/a.res", CLEAN)
    assert run("nets")[1] == "nets/a.res: 1 model, no errors\nnets/b.res: 1 model, no errors\n"
    Path("resnet50").mkdir()
    assert run("resnet50")[0] == 0  # the network
    Path("empty").mkdir()
    assert run("empty")[0] == 2


@pytest.mark.usefixtures("run")
def test_forms_cost_nothing_where_they_are_not_used() -> None:
    """A check of a fine spec loads neither documents nor fixes nor comparisons of texts."""
    spec("net.res", CLEAN)
    rare = ["resdsl.diagnostics.sarif", "resdsl.diagnostics.machine", "resdsl.diagnostics.fixes", "difflib", "torch"]
    program = (
        f"import sys; from resdsl.cli import main; main(['check', 'net.res']); print(set({rare}) & {{*sys.modules}})"
    )
    folder = Path(resdsl.__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, env={"PYTHONPATH": str(folder)}, capture_output=True, text=True
    )
    assert done.stdout.splitlines()[-1] == "set()"
