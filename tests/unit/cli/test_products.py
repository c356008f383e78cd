"""Where products go: what is refused before the work begins, and what is never replaced."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import resdsl
from resdsl.cli import main
from resdsl.runtime.weights import encode

NET = """
model tiny {
  input 3x8x8
  conv(3, 4) -> bn -> relu -> avgpool -> flatten -> linear(2)
}
"""
REWRITE = "rewrite net.res --pass fold_batchnorm --weights trained.safetensors --weights-output"
Said = Callable[[str], tuple[int, str, str]]


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Said:
    """What a command says, in a folder with `net.res` and `trained.safetensors`: code, output, errors."""
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(NET, encoding="utf-8")
    state = resdsl.load("net.res").module().state_dict()
    Path("trained.safetensors").write_bytes(encode(state, ".safetensors"))

    def call(words: str) -> tuple[int, str, str]:
        try:
            code = main(words.split())
        except SystemExit as end:
            code = int(str(end.code))
        return code, *capsys.readouterr()

    return call


@pytest.mark.parametrize(
    "words",
    [
        f"{REWRITE} ./trained.safetensors",
        "export net.res --to safetensors --weights trained.safetensors -o ./trained.safetensors",
    ],
)
def test_weights_that_are_read_are_never_replaced(words: str, said: Said) -> None:
    before = Path("trained.safetensors").read_bytes()
    code, _, err = said(words)
    assert code == 2
    assert "has the weights that are read, and converted ones never replace them" in err
    assert Path("trained.safetensors").read_bytes() == before


def test_compiling_replaces_no_trained_weights(said: Said) -> None:
    words, trained = "compile net.res --for inference --no-tune -o .", Path("tiny.safetensors")
    before = Path("trained.safetensors").read_bytes()
    trained.write_bytes(before)
    code, _, err = said(f"{words} --weights tiny.safetensors")
    assert (code, "has the weights that are read" in err) == (2, True)
    code, _, err = said(words)
    assert (code, "is there already, and fresh weights replace none" in err) == (2, True)
    assert (trained.read_bytes(), Path("tiny.py").exists()) == (before, False)
    assert said(f"{words} --weights trained.safetensors")[0] == 0
    assert trained.read_bytes() != before


@pytest.mark.parametrize("place", ["net.py", "new/net.pt", "trained.safetensors", "net.res"])
def test_the_inference_form_is_a_folder(place: str, said: Said) -> None:
    code, _, err = said(f"compile net.res --for inference -o {place}")
    assert code == 2
    assert f"{place} is no folder: with --for inference, -o names the one for tiny.py and tiny.safetensors" in err
    assert {path.name for path in Path().iterdir()} == {"net.res", "trained.safetensors"}


def test_a_folder_that_cannot_be_made_is_known_before_the_work(said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = said("compile net.res --for inference -o net.res/out")
    assert (code, "no folder" in err) == (2, True)
    monkeypatch.setattr(os, "access", lambda *_: False)
    code, _, err = said("compile net.res --for inference -o new/out")
    assert (code, "is read-only" in err) == (2, True)


@pytest.mark.parametrize(
    ("output", "reason"),
    [("new.txt", "weights are written to files that end in"), ("-", "--weights-output is a file")],
)
def test_converted_weights_have_a_place_before_they_are_made(output: str, reason: str, said: Said) -> None:
    code, out, err = said(f"{REWRITE} {output}")
    assert (code, out) == (2, "")
    assert err.startswith(f"resdsl: {reason}")


def test_two_products_of_a_measurement_have_two_names(said: Said) -> None:
    code, _, err = said("bench net.res --save r.json -o ./r.json")
    assert (code, "name one file twice: ./r.json, r.json" in err) == (2, True)


def test_types_have_two_names(said: Said) -> None:
    assert said("summary net.res --dtype bf16") == said("summary net.res --dtype bfloat16")
    code, _, err = said("compile net.res --for inference --dtype fp16")
    assert (code, "no fused layers in float16" in err) == (2, True)
    code, _, err = said("bench net.res --dtype float32,float64")
    assert (code, "--dtype float64: there are" in err) == (2, True)


def test_no_memory_is_no_limit(said: Said) -> None:
    code, _, err = said("summary net.res --fit 0GB")
    assert (code, "'0GB' is no amount of memory" in err) == (2, True)
