"""`resdsl compile --for inference`: files, messages, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import resdsl
from resdsl.cli import main
from resdsl.runtime import build_module
from resdsl.runtime.weights import encode

NET = """
model tiny(classes = 3) {
  input 3x8x8
  conv(3, 4) -> bn -> relu
  residual { conv(3, 4) -> bn -> relu -> conv(3, 4) -> bn }
  relu -> avgpool -> flatten -> fc: linear(classes)
}
"""


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(NET)
    return "net.res"


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    try:
        code = main(["compile", *words])
    except SystemExit as end:
        code = int(str(end.code))
    out, err = capsys.readouterr()
    return code, out, err


def test_a_folder_has_source_and_weights(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    weights = resdsl.load(spec).module().state_dict()
    Path("trained.safetensors").write_bytes(encode(weights, ".safetensors"))
    words = ("--for", "inference", "--weights", "trained.safetensors", "--no-tune", "-o", "out/fast")
    code, out, err = run(capsys, spec, *words)
    assert (code, err) == (0, "")
    assert "difference from the plain module" in out
    assert "freshly initialised" not in out
    assert "\ntrained.safetensors -> the model tiny: 20 tensors\nby name\n" in out
    assert "says little" not in out
    from safetensors.torch import load_file

    model = build_module(Path("out/fast/tiny.py").read_text()).eval()
    model.load_state_dict(load_file("out/fast/tiny.safetensors"))
    plain = resdsl.load(spec).module().eval()
    plain.load_state_dict(weights)
    x = torch.randn(2, 3, 8, 8)
    with torch.inference_mode():
        assert torch.allclose(model(x), plain(x), atol=1e-5)


def test_a_comparison_that_says_little_says_so(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    weights = resdsl.load(spec).module().state_dict()
    weights["fc.weight"].zero_()
    Path("deaf.safetensors").write_bytes(encode(weights, ".safetensors"))
    words = ("--for", "inference", "--weights", "deaf.safetensors", "--no-tune", "-o", "out")
    code, out, _ = run(capsys, spec, *words)
    assert code == 0
    assert "outputs hardly depend on inputs, so that the comparison says little" in out


def test_without_a_folder_the_source_is_printed(spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, spec, "--for", "inference", "--no-tune")
    assert code == 0
    compile(out, "tiny.py", "exec")
    assert "weights freshly initialised" in err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--engine", "auto"), "--engine goes with --for inference"),
        (("--no-tune",), "--no-tune goes with --for inference"),
        (("--for", "inference", "--engine", "auto", "--device", "cuda"), "engines for the CPU"),
        (("--for", "inference", "--weights", "none.safetensors"), "none.safetensors"),
        (("--for", "inference", "--dtype", "float16"), "float16"),
        (("--for", "inference", "-o", "net.res"), "net.res"),
    ],
)
def test_what_cannot_be_done(words: tuple[str, ...], said: str, spec: str, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, spec, *words)
    assert code == 2
    assert said in err
    assert out == ""
    assert Path("net.res").read_text() == NET


def test_a_device_that_is_not_there(
    spec: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    code, _, err = run(capsys, spec, "--for", "inference", "--device", "cuda", "-o", "out")
    assert code == 2
    assert "there is no CUDA device here" in err
    assert not Path("out").exists()
