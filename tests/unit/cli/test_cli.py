"""The command line: exit codes, streams, files."""

from __future__ import annotations

import gc
import io
import json
from pathlib import Path

import pytest

from resdsl.cli import main

NET = """\
# A net to try things with.
model tiny(width = 4) {
  input 3x8x8
  conv(3, width) -> bn -> relu
  avgpool -> flatten -> fc: linear(2)
}
model wide = tiny(8)
"""
FAULTY = """\
model tiny {
  input 3x8x8
  cnov(3, 4) -> bn
}
model other {
  input 3x8x8
  conv(3, 4, strid=2)
  conv(3, 4)
}
model third {
  input 3x8x8
  add { | identity | conv(3, 5) }
}
"""


@pytest.fixture
def net(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("net.res")
    path.write_text(NET)
    return path


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def usage(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(arguments)
    assert stopped.value.code == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err


def test_check_takes_all_models_of_a_file(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "check", str(net)) == (0, "net.res: 2 models, no errors\n", "")
    assert run(capsys, "check", f"{net}:wide") == (0, "net.res: 1 model, no errors\n", "")


def test_check_reports_each_fault_once_on_stderr(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net.write_text(FAULTY)
    code, out, err = run(capsys, "check", str(net))
    assert (code, out) == (1, "")
    *faults, closing = err.splitlines()
    assert [line.split(" ")[0] for line in faults] == ["net.res:3:3:", "net.res:7:14:", "net.res:12:3:"]
    assert closing.startswith("net.res: 3 errors; ")
    assert "did you mean" in run(capsys, "check", "--format", "full", str(net))[2]


def test_faults_as_json(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    net.write_text(FAULTY)
    code, out, err = run(capsys, "compile", "--no-verify", "--errors=json", f"{net}:tiny")
    assert (code, out) == (1, "")
    assert [(d["line"], d["column"]) for d in json.loads(err)["diagnostics"]] == [(3, 3), (7, 14)]


def test_standard_input(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(NET.encode())))
    assert run(capsys, "check", "-")[:2] == (0, "<stdin>: 2 models, no errors\n")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"model m {\n  input \xff\n}\n")))
    code, _, err = run(capsys, "check", "-")
    assert code == 1
    assert err.startswith("<stdin>:2:9: error[E020]")


def test_compile_to_stdout_puts_its_figures_on_stderr(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "compile", "--no-verify", f"{net}:tiny")
    assert code == 0
    compile(out, "tiny.py", "exec")
    assert err.startswith("tiny: 126 parameters, ")
    assert err.count("\n") == 1


def test_compile_to_a_file(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "compile", "--no-verify", f"{net}:tiny", "-o", "tiny.py")
    assert (code, err) == (0, "")
    assert out.startswith("tiny: 126 parameters, ")
    assert Path("tiny.py").read_text() == run(capsys, "compile", "--no-verify", f"{net}:tiny")[1]


def test_compile_verifies(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "compile", f"{net}:tiny", "-o", "tiny.py")
    assert code == 0
    assert out.count("\n") == 1
    assert "cpu" in out or "cuda" in out


def test_nothing_is_written_on_an_error(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("tiny.py").write_text("mine")
    net.write_text(FAULTY)
    code, out, err = run(capsys, "compile", f"{net}:tiny", "-o", "tiny.py")
    assert (code, out) == (1, "")
    assert "error[" in err
    assert Path("tiny.py").read_text() == "mine"


def test_products_never_replace_specs_or_follow_links(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("other.res").write_text("mine")
    Path("target").write_text("mine")
    Path("link.py").symlink_to("target")
    Path("same.py").hardlink_to(net)
    for output in ("net.res", "other.res", "link.py", "same.py", ".", "nowhere/tiny.py"):
        code, out, err = run(capsys, "compile", "--no-verify", f"{net}:tiny", "-o", output)
        assert (code, out) == (2, "")
        assert err.startswith("resdsl: ")
    assert Path("other.res").read_text() == Path("target").read_text() == "mine"
    assert net.read_text() == NET


def test_set_and_input(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def figures(*arguments: str) -> tuple[str, int]:
        code, out, _ = run(capsys, "summary", "--format", "json", *arguments)
        assert code == 0
        data = json.loads(out)
        return data["input"], data["params"]

    assert figures(f"{net}:tiny") == ("3x8x8", 126)
    assert figures(f"{net}:tiny", "--set", "width=2^3") == figures(f"{net}:wide") == ("3x8x8", 250)
    assert figures(f"{net}:wide", "--set", "width=4") == ("3x8x8", 126)
    assert figures(f"{net}:tiny", "--input", "1x16x16") == ("1x16x16", 54)


def test_set_faults(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "summary", f"{net}:tiny", "--set", "width")[0] == 2
    assert run(capsys, "summary", f"{net}:tiny", "--input", "3x8xo")[0] == 2
    code, _, err = run(capsys, "summary", f"{net}:tiny", "--set", "width=(")
    assert code == 1
    assert err.startswith("--set width:1:")
    assert run(capsys, "summary", f"{net}:tiny", "--set", "widht=3")[0] == 1


def test_which_model(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "summary", str(net))
    assert code == 2
    assert "net.res:MODEL: tiny, wide" in err
    code, _, err = run(capsys, "summary", f"{net}:tinny")
    assert code == 2
    assert "did you mean tiny?" in err
    net.write_text("model family(n) {\n  input 3\n  linear(n)\n}\nmodel one = family(1)\n")
    assert run(capsys, "summary", str(net))[1].startswith("one: 3 -> 1\n")
    assert run(capsys, "summary", f"{net}:family")[0] == 1
    assert run(capsys, "summary", f"{net}:family", "--set", "n=5")[1].startswith("family: 3 -> 5\n")


def test_summary_json_keys(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = json.loads(run(capsys, "summary", f"{net}:tiny", "--format", "json")[1])
    wanted = ["model", "input", "output", "params", "buffers", "state_dict_keys", "macs", "depth", "rows"]
    assert [key for key in data if key in wanted] == wanted
    assert {key: data[key] for key in wanted[:-1]} == {
        "model": "tiny",
        "input": "3x8x8",
        "output": "2",
        "params": 3 * 4 * 9 + 4 + 4 + 4 * 2 + 2,
        "buffers": 3,
        "state_dict_keys": 8,
        "macs": 3 * 4 * 9 * 64 + 4 * 2,
        "depth": 2,
    }


def test_render(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "render", f"{net}:tiny", "-o", "tiny.dot") == (0, "", "")
    dot = Path("tiny.dot").read_text()
    assert dot.startswith("digraph")
    assert run(capsys, "render", f"{net}:tiny", "--format", "dot") == (0, dot, "")
    for word in ("--level ops", "--theme dark", "--wrap 1", "--focus fc", "--size 7in"):
        code, other, err = run(capsys, "render", f"{net}:tiny", "--format", "dot", *word.split())
        assert (code, err) == (0, "")
        assert other.startswith("digraph")
        assert other != dot


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--focus nothing", "has no module 'nothing'"),
        ("--collapse nothing", "has no block 'nothing'"),
        ("--size wide", "'wide' is no width"),
        ("--wrap 0", "a row has at least one part"),
        ("--level paths --focus fc", "the level paths takes no focus"),
        ("--dpi 1", "dpi is 10 to 1200"),
    ],
)
def test_render_refuses(net: Path, capsys: pytest.CaptureFixture[str], words: str, message: str) -> None:
    code, out, err = run(capsys, "render", f"{net}:tiny", *words.split())
    assert (code, out) == (2, "")
    assert message in err


def test_a_net_with_errors_is_drawn_if_that_is_allowed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = tmp_path / "bad.res"
    spec.write_text("model bad { input 3x8x8; conv(3, 4) -> conv(3, 8, groups=3) }", encoding="utf-8")
    assert run(capsys, "render", str(spec), "-o", "bad.dot")[0] == 1
    assert not Path("bad.dot").exists()
    code, _, err = run(capsys, "render", str(spec), "-o", "bad.dot", "--allow-broken")
    assert code == 1
    assert "E303" in err
    assert "E303" in Path("bad.dot").read_text(encoding="utf-8")
    spec.write_text("model bad { input 3x8x8", encoding="utf-8")
    assert run(capsys, "render", str(spec), "-o", "none.dot", "--allow-broken")[0] == 1


def test_without_graphviz_the_text_is_written(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from resdsl.backends.dot import layout

    monkeypatch.setattr(layout.shutil, "which", lambda _: None)
    monkeypatch.setattr(layout.importlib.util, "find_spec", lambda _: None)
    code, out, err = run(capsys, "render", f"{net}:tiny", "-o", "tiny.svg", "--size", "7in")
    assert (code, out) == (2, "")
    assert err.startswith("resdsl: tiny.gv is written, not tiny.svg: Graphviz is not installed: ")
    assert err.count("\n") == 1
    assert Path("tiny.gv").read_text(encoding="utf-8").startswith("digraph")
    assert not Path("tiny.svg").exists()


def test_zoo_lists_what_ships(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "zoo")
    rows = json.loads(run(capsys, "zoo", "--format", "json")[1])
    assert {"resnet50", "vgg16", "densenet121"} <= {row["name"] for row in rows}
    assert [line.split()[:2] for line in out.splitlines()[1:]] == [[row["family"], row["name"]] for row in rows]


def test_new_checks_and_refuses_to_replace(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = str(tmp_path / "mine.res")
    assert run(capsys, "new", path)[0] == 0
    assert run(capsys, "check", path)[0] == 0
    assert run(capsys, "compile", "--no-verify", path)[0] == 0
    code, _, err = run(capsys, "new", path)
    assert code == 2
    assert "exists" in err
    assert run(capsys, "new", str(tmp_path / "mine.txt"))[0] == 2
    assert run(capsys, "new", "-")[1] == Path(path).read_text()


def test_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, "explain", "e301")[1].startswith("# E301: merge of unequal shapes\n")
    assert run(capsys, "explain")[1].splitlines()[0].startswith("E0")
    code, out, err = run(capsys, "explain", "E999")
    assert (code, out) == (2, "")
    assert "E999" in err
    for written in ("301", "w301", "E30"):
        code, out, err = run(capsys, "explain", written)
        assert (code, out) == (2, "")
        assert "E301" in err
    assert err.endswith("with it begin E301, E302, E303, E304, E305, E306, E307, E308, E309\n")


def test_usage(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "COMMAND" in usage(capsys)
    assert "usage: resdsl summary" in usage(capsys, "summary", "--format", "xml", str(net))
    assert run(capsys, "check", "absent.res")[0] == 2
    assert "did you mean resnet50" in run(capsys, "summary", "resnt50")[2]


def test_limits_have_flags(net: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "check", "--max-file-bytes", "20", str(net))
    assert code == 1
    assert "E021" in err
    assert run(capsys, "summary", "--max-items", "2", f"{net}:tiny")[0] == 1


def test_our_own_fault_says_so(net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("resdsl.api.inspect", broken)
    code, out, err = run(capsys, "check", str(net))
    assert (code, out) == (3, "")
    assert "internal error: " in err
    assert "Traceback" in err


def test_colour_only_on_a_terminal_that_wants_it(
    net: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    net.write_text(FAULTY)
    assert "\x1b" not in run(capsys, "check", str(net))[2]
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.delenv("NO_COLOR", raising=False)
    full = run(capsys, "check", str(net))[2]
    assert "\x1b[" in full
    assert "^^^^" in full
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in run(capsys, "check", str(net))[2]


@pytest.mark.parametrize("collecting", [True, False])
def test_garbage_collection_is_left_as_it_was_found(collecting: bool, tmp_path: Path) -> None:
    spec = tmp_path / "net.res"
    spec.write_text(FAULTY, encoding="utf-8")
    found = gc.isenabled()
    try:
        (gc.enable if collecting else gc.disable)()
        assert main(["check", str(spec)]) == 1
        assert gc.isenabled() is collecting
    finally:
        (gc.enable if found else gc.disable)()


def test_options_may_stand_between_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "resnet18", "--errors", "concise", "vgg11"]) == 0
    assert capsys.readouterr().out.count("no errors") == 2
    with pytest.raises(SystemExit, match="2"):
        main(["check", "resnet18", "--no-such-option"])
    with pytest.raises(SystemExit, match="2"):
        main(["summary", "resnet18", "vgg11"])


def test_an_unknown_family_begins_no_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "nosuch"]) == 2
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "meant"), [(["chekc", "a.res"], "check"), (["render", "a", "--level", "stag"], "stage")]
)
def test_a_choice_that_is_none_is_met_with_the_near_one(
    words: list[str], meant: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)
    assert stopped.value.code == 2
    assert f"; did you mean {meant}?\n" in capsys.readouterr().err
