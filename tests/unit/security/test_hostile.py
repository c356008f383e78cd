"""Specs that try to break out of what is made of them, to read what is not theirs, or to exhaust the compiler.

Each is met with a diagnostic, or is harmless; nothing is written, nothing takes long, and nobody sees a traceback.
"""

from __future__ import annotations

import ast
import os
import resource
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import resdsl
from resdsl.api import check as check_spec
from resdsl.cli import main
from resdsl.limits import Limits
from resdsl.specs import find

NET = "model net {{\n  input 3x8x8\n{}\n}}\n"
TAIL = "  avgpool -> flatten -> linear(2)"
SECONDS, ITEMS = 0.25, 60_000
"""The limits that the tests set, the time being the processor's; both are a fraction of the usual."""


def net(body: str) -> str:
    return NET.format(f"  {body}\n{TAIL}")


Checked = tuple[int, str]
Check = Callable[..., Checked]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """Runs `resdsl check` on a text in a folder of its own: the exit code and what was said."""
    folder = tmp_path / "spec"
    folder.mkdir()
    monkeypatch.chdir(folder)

    def run(text: str | bytes, *options: str) -> Checked:
        Path("net.res").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        before = sorted(folder.rglob("*"))
        code = main(["check", "net.res", "--max-seconds", str(SECONDS), "--max-items", str(ITEMS), *options])
        said = capsys.readouterr()
        assert sorted(folder.rglob("*")) == before, "something was written"
        assert "Traceback" not in said.err
        assert len(said.err) < 30_000
        assert not [c for c in said.err if c != "\n" and not c.isprintable()]
        return code, said.err

    return run


# --- exhaustion --------------------------------------------------------------------------------------------------

DOUBLED = "let f(n, a) = a if n == 0 else f(n - 1, {})\n"

BOMBS = {
    "repeats": (net("1000 x { 1000 x { 1000 x relu } }"), "E220 E413"),
    "a count of a billion": (net("1_000_000_000 x relu"), "E220 E413"),
    "nothing, a billion times": (net("1_000_000_000 x { }"), "E220 E413"),
    "loops": (net("for i in range(50_000) { for j in range(50_000) { } }"), "E220"),
    "a block in itself": ("block a { a }\n" + net("a"), "E219"),
    "a block twice in itself": ("block a(n) { if n > 0 { a(n - 1); a(n - 1) } }\n" + net("a(900)"), "E220"),
    "a function without end": ("let f(n) = f(n + 1)\nlet a = f(0)\n", "E219"),
    "a tree of calls": ("let f(n) = 1 if n < 2 else f(n - 1) + f(n - 2)\nlet a = f(60)\n", "E220"),
    "a power": ("let a = 9 ^ 9 ^ 9 ^ 9\n", "E205"),
    "a small power": ("let a = (1 / 3) ^ 100_000\n", "E205"),
    "squares": ("let f(n, a) = a if n == 0 else f(n - 1, a * a)\nlet b = f(500, 3)\n", "E205"),
    "a root": ("let a = 2 ^ (1 / 10 ^ 1000)\n", "E204"),
    "a long range": ("let a = range(10 ^ 12)\n", "E206"),
    "a list, doubled": (DOUBLED.format("a + a") + "let b = f(100, [1])\n", "E206"),
    "lists in lists": (DOUBLED.format("[a, a]") + "let b = f(900, 1)\n", "E206 E220"),
    "lists in lists, compared": (DOUBLED.format("[a, a]") + "let b = f(60, 1) == f(60, 1)\n", "E206"),
    "lists in lists, enumerated": (DOUBLED.format("enumerate([a, a, a])") + "let b = f(900, 1)\n", "E206 E220"),
    "a deep list": (DOUBLED.format("[[[[[a]]]]]") + "let b = f(900, 1)\n", "E206 E220"),
    "a string, doubled": (DOUBLED.format('"{a}{a}"') + 'let b = f(900, "ab")\n', "E206"),
    "arguments in arguments": (
        "block b(p = 1, q = 1) { relu }\n" + DOUBLED.format("b(p=a, q=a)") + "let c = f(900, b)\n",
        "E206 E220",
    ),
    "many models": (
        "".join(f"model m{i} {{ input 3; for i in range(50_000) {{ }}; linear(2) }}\n" for i in range(50)),
        "E220",
    ),
    "names alike": (
        net(
            "".join(f"let aaaaaaaaaaaaaaaaaaaa{i} = {i}\n" for i in range(3000))
            + "conv(3, aaaaaaaaaaaaaaaaaaaax)\n" * 3000
        ),
        "E101 E104 E220",
    ),
    "a computed name": (net(f"relu -> keep {'a{1}' * 40}z\nfrom {'a' * 80}"), "E101"),
    "brackets": (net("conv(3, " + "(" * 20_000 + "4" + ")" * 20_000 + ")"), "E007 E220"),
    "braces": (net("{" * 20_000 + "relu" + "}" * 20_000), "E007 E220"),
    "signs": ("let a = " + "-" * 20_000 + "1\n", "E007 E220"),
    "a chain of decisions": (net("if false {} " + "else if false {} " * 5_000), "E007 E220"),
    "a long line": (net("relu" + " -> relu" * 29_000), "E220"),
    "many words": (net("relu" + " -> relu" * 60_000), "E021"),
    "a long name": (net("a" * 3_000_000), "E101"),
    "a long number": ("let a = " + "1" * 3_000_000 + "\n", "E008"),
    "many faults": (net("conv(3, 4) -> bm\n" * 5_000), "E101 E220"),
    "marks": ("?" * 1_000_000, "E021"),
    "closing braces": ("}\n" * 20_000, "E014"),
    "a long message": (net('require false else "{range(10_000)}"'), "E211"),
    "a large file": (" " * 8_000_001, "E021"),
}


@pytest.mark.parametrize(("text", "codes"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_a_diagnostic(text: str, codes: str, check: Check) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.thread_time()
    code, said = check(text)
    assert code == 1
    assert any(f"error[{code}]" in said for code in codes.split()), said
    assert time.thread_time() - started < 3.0
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 1_500_000  # kB, over what other tests took


def test_reading_a_file_has_a_time_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(net("relu" + " -> relu" * 20_000), encoding="utf-8")
    report = check_spec(find("net.res"), limits=Limits(seconds=0.05))[0]
    assert [(fault.code, fault.message) for fault in report] == [
        ("E220", "reading the file takes longer than 0.05 seconds")
    ]


# --- files -------------------------------------------------------------------------------------------------------

PATHS = {
    "above": ("../secret.res", "E111"),
    "above, by a detour": ("folder.res/../../secret.res", "E111"),
    "absolute": ("/etc/passwd", "E111"),
    "a device": ("/dev/zero", "E111"),
    "a backslash": ("..\\secret.res", "E111"),
    "a link out": ("link.res", "E111"),
    "a link to a device": ("zero.res", "E111"),
    "a folder's link out": ("up/secret.res", "E111"),
    "a pipe": ("pipe.res", "E110"),
    "a folder": ("folder.res", "E110"),
    "a link to itself": ("loop.res", "E110 E111"),
    "itself": ("net.res", "E112"),
    "a long name": ("a" * 5_000, "E110"),
    "an address": ("http://localhost/a.res", "E110"),
    "a hole": ("{1}.res", "E110"),
    "nothing": ("", "E111"),
}


@pytest.mark.parametrize(("path", "codes"), PATHS.values(), ids=PATHS)
def test_an_import_reads_nothing_but_specs_of_the_folder(path: str, codes: str, check: Check) -> None:
    Path("../secret.res").write_text("block secret { relu }\n", encoding="utf-8")
    Path("folder.res").mkdir()
    for name, target in (
        ("link.res", "../secret.res"),
        ("zero.res", "/dev/zero"),
        ("up", ".."),
        ("loop.res", "loop.res"),
    ):
        Path(name).symlink_to(target)
    os.mkfifo("pipe.res")
    code, said = check(f'use "{path}": secret\n' + net("secret"))
    assert code == 1
    assert any(f"error[{code}]" in said for code in codes.split()), said


BYTES = {
    "NUL": net("relu\x00").encode(),
    "escape": net("relu \x1b[2J").encode(),
    "carriage return": b"# a\rimport os\n" + net("relu").encode(),
    "next line": "# a \u0085 import os\n".encode() + net("relu").encode(),
    "a lone surrogate": b"model net { input 3 \xed\xa0\x80 }",
    "UTF-16": net("relu").encode("utf-16"),
    "zeros": b"\0" * 100_000,
    "bidirectional": net("relu \u202e").encode(),
}


@pytest.mark.parametrize("data", BYTES.values(), ids=BYTES)
def test_odd_bytes_are_faults(data: bytes, check: Check) -> None:
    code, said = check(data)
    assert code == 1
    assert "error[E0" in said


# --- products ----------------------------------------------------------------------------------------------------

EVIL = "x''' \"\"\" \\ </script><script>alert(1)</script> ]]> --> &lt; %s {0.__class__} \u2028 open('PWNED', 'w') \\"

INJECTIONS = {
    "header": f"# {EVIL}\n# {EVIL}\n" + net("relu"),
    "header that ends in a backslash": "# end \\\n" + net("relu"),
    "header of quotes": '# """"\n# """\n' + net("relu"),
    "labels": net(
        "\"a'); open('PWNED', 'w') #\": conv(3, 4)\n\"b\\\": conv(3, 4)\n"
        '"<b>&quot;]=>": conv(3, 4)\n"\'\'\'": conv(3, 4)\n'
        '"import": conv(3, 4)\n"c\u2028d": conv(3, 4)'
    ),
    "a stage": net('stage "</text><script>\\": { conv(3, 4) }\n"\'\'\'": conv(3, 4)'),
    "blocks": "".join(
        f"block {name}(w) {{ conv(3, w) -> bn }}\n" for name in ("nn", "torch", "Tensor", "super", "self", "F")
    )
    + net("nn(4) -> torch(4) -> Tensor(4) -> super(4) -> self(4) -> F(4)"),
    "parameters": (
        "block b(super, self, nn, torch, lambda, class) { "
        "conv(3, super) -> conv(3, self) -> conv(3, nn) -> conv(3, torch) "
        "-> conv(3, lambda) -> conv(3, class) }\n"
        + net("b(3, 6, 4, 5, 3, 8) -> b(4, 7, 3, 6, 2, 9) -> b(5, 8, 2, 7, 4, 3)")
    ),
    "kept values": net(
        "conv(3, 3) -> keep self\n  conv(3, 3) -> keep torch\n  conv(3, 3) -> keep nn\n"
        "  add { | from self | from torch | from nn }"
    ),
    "inputs": (
        "model net {\n  input self: 3x8x8\n  input torch: 3x8x8\n  input nn: 3x8x8\n"
        "  add { | from self | from torch | from nn }\n  conv(3, 3)\n}\n"
    ),
    "a model": "model Module { input 3x8x8; conv(3, 4) }\n",
    "normalised letters": net('"\uff45val": conv(3, 4)\n"\u212a": conv(3, 4)\n"K": conv(3, 4)'),
}


@pytest.mark.parametrize("text", INJECTIONS.values(), ids=INJECTIONS)
def test_no_text_escapes_into_a_product(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(text, encoding="utf-8")
    loaded = resdsl.load("net.res")
    source = loaded.source()
    calls = [node.func for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call)]
    assert not [f for f in calls if isinstance(f, ast.Name) and f.id in {"open", "eval", "exec", "__import__", "alert"}]
    loaded.module().state_dict()
    for level in ("stage", "block"):
        picture = loaded.render(level=level, format="svg")
        assert isinstance(picture, str)
        tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(picture).iter()}
        assert tags <= {
            "svg",
            "g",
            "title",
            "polygon",
            "polyline",
            "path",
            "text",
            "ellipse",
            "defs",
            "style",
            "a",
            "rect",
            "tspan",
            "desc",
        }
    assert [path.name for path in tmp_path.iterdir()] == ["net.res"]


# --- where products go -------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(net("relu"), encoding="utf-8")
    Path("kept.txt").write_text("kept", encoding="utf-8")
    Path("link.py").symlink_to("kept.txt")
    Path("dangling.py").symlink_to("nothing.py")
    Path("folder").mkdir()
    os.mkfifo("pipe.py")
    return tmp_path


@pytest.mark.parametrize(
    "output",
    ["net.res", "./folder/../net.res", "link.py", "dangling.py", "folder", "pipe.py", "/dev/null", "no/net.py", ""],
)
@pytest.mark.parametrize("command", ["compile", "render"])
def test_a_product_replaces_nothing_else(
    command: str, output: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.lstat().st_mtime_ns for path in folder.rglob("*")}
    options = ["--no-verify"] if command == "compile" else ["--format", "dot"]
    assert main([command, "net.res", "-o", output, *options]) == 2
    assert {path: path.lstat().st_mtime_ns for path in folder.rglob("*")} == before
    said = capsys.readouterr().err
    assert said.startswith("resdsl: ")
    assert "Errno" not in said
    assert ".net" not in said, "the name of a temporary file"


@pytest.mark.parametrize(
    "body", ["conv(3, 1_000_000_000_000)", "conv(3, 10 ^ 30)", "upsample(10 ^ 7)", "conv(3, 4, pad=10 ^ 8)"]
)
def test_a_net_without_room_is_not_built(body: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("net.res").write_text(f"model net {{ input 3x8x8; {body} -> avgpool }}\n", encoding="utf-8")
    assert main(["compile", "net.res", "-o", "net.py"]) == 2
    assert "GB of memory" in capsys.readouterr().err
    assert not (folder / "net.py").exists()
    assert main(["compile", "net.res", "-o", "net.py", "--no-verify"]) == 0
