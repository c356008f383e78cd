"""After an error there is no output: no new file, and old files are as they were."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from resdsl.cli import main

GOOD = "model net {\n  input 3x8x8\n  conv(3, 4) -> relu -> avgpool -> flatten -> linear(2)\n}\n"
BROKEN = {
    "a syntax fault": GOOD.replace("relu ->", "relu -> ->"),
    "an unknown name": GOOD.replace("relu", "rleu"),
    "shapes that do not meet": GOOD.replace("relu", "residual { conv(3, 8) }"),
    "an expectation": GOOD.replace("}\n", "expect params == 1\n}\n"),
    "no text": "",
    "bytes": "model net { \x00 }",
    "a bomb": GOOD.replace("relu", "1_000_000_000 x { }"),
}
OLD = "what was there before"
COMMANDS = {
    "compile": ("compile", "{spec}", "-o", "{out}.py"),
    "compile without trying": ("compile", "{spec}", "--no-verify", "-o", "{out}.py"),
    "render as svg": ("render", "{spec}", "-o", "{out}.svg"),
    "render as dot": ("render", "{spec}", "-o", "{out}.dot"),
    "render as png": ("render", "{spec}", "-o", "{out}.png"),
    "weights import": (
        "weights", "import", "{spec}", "--from", "good.pth", "-o", "{out}.pth", "--save-map", "{out}.json",
    ),
    "weights export": ("weights", "export", "{spec}", "--from", "good.pth", "--layout", "good.pth", "-o", "{out}.pth"),
    "export": ("export", "{spec}", "--to", "safetensors", "-o", "{out}.safetensors"),
    "export as onnx": ("export", "{spec}", "--to", "onnx", "-o", "{out}.onnx"),
    "fmt": ("fmt", "{spec}", "other.res"),
    "check": ("check", "{spec}"),
    "summary": ("summary", "{spec}"),
    "paths": ("paths", "{spec}"),
    "plot": ("plot", "widths", "{spec}", "-o", "{out}.csv"),
}  # fmt: skip
SYNTAX = ("a syntax fault", "bytes")
"""What `fmt` refuses too: it needs no more than the grammar."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    import torch

    monkeypatch.chdir(tmp_path)
    torch.save({"conv1.weight": torch.zeros(4, 3, 3, 3)}, "good.pth")
    Path("other.res").write_text(GOOD.replace(" -> ", "->"), encoding="utf-8")
    return tmp_path


def state(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_broken_spec_leaves_no_output(command: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number, name in enumerate(SYNTAX if command == "fmt" else BROKEN):
        text = BROKEN[name]
        Path("net.res").write_text(text, encoding="utf-8")
        words = [word.format(spec="net.res", out="out") for word in COMMANDS[command]]
        outputs = [word for word in words if word.startswith("out.")]
        for output in outputs:
            Path(output).unlink(missing_ok=True)
            if number % 2:
                Path(output).write_text(OLD, encoding="utf-8")
        before = state(folder)
        assert main([*words, "--max-seconds", "0.1"]) in {1, 2}, name
        assert state(folder) == before, name
        said = capsys.readouterr()
        assert not said.out, name
        assert said.err, name
        assert "Traceback" not in said.err


def test_weights_that_fit_do_not_go_to_one_place_of_two(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The second output cannot be written, so the first is not either."""
    import torch

    import resdsl

    Path("net.res").write_text(GOOD, encoding="utf-8")
    torch.save(resdsl.load("net.res").module().state_dict(), "good.pth")
    words = ["weights", "import", "net.res", "--from", "good.pth", "-o", "out.pth", "--save-map"]
    before = state(folder)
    for place in ("no/map.json", "net.res", "/dev/null"):
        assert main([*words, place]) == 2
        assert state(folder) == before
    assert main([*words, "map.json"]) == 0
    assert json.loads(Path("map.json").read_text(encoding="utf-8"))["pairs"]
    assert "no folder" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["compile", "render as svg", "render as dot"])
def test_a_full_disk_leaves_the_old_file(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Path("net.res").write_text(GOOD, encoding="utf-8")
    words = [word.format(spec="net.res", out="out") for word in COMMANDS[command]]
    output = Path(words[-1])
    output.write_text(OLD, encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    assert main([*words, *(["--no-verify"] if command == "compile" else [])]) == 2
    assert output.read_text(encoding="utf-8") == OLD
    assert sorted(path.name for path in folder.iterdir()) == sorted(["good.pth", "net.res", "other.res", output.name])
