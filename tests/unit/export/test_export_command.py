"""`resdsl export` and `Architecture.export`: files, messages, and nothing written where something is wrong."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

import resdsl
from resdsl import WeightsError
from resdsl.cli import main
from resdsl.diagnostics import InternalError
from resdsl.runtime.export import Exported, formats
from resdsl.specs import SpecError

TEXT = "model small {\n  input 3x8x8\n  conv(3, 4) -> bn -> relu -> avgpool -> flatten -> linear(2)\n}\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("net.res").write_text(TEXT, encoding="utf-8")
    return tmp_path


def files() -> set[str]:
    return {path.name for path in Path().iterdir()}


def test_the_file_has_the_models_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "net.res", "--to", "pt2"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert re.fullmatch(
        r"weights freshly initialised; --weights FILE takes trained ones\n"
        r"small\.pt2 \([\d,]+ bytes\): any batch; run at batch 1 and 3 and compared with the module: bit-equal\n",
        said.out,
    )
    assert torch.export.load("small.pt2").module()(torch.zeros(7, 3, 8, 8)).shape == (7, 2)


def test_an_onnx_export_is_quiet(capfd: pytest.CaptureFixture[str]) -> None:
    """Also below Python, where the exporters' own libraries write."""
    assert main(["export", "net.res", "--to", "onnx", "--batch", "2", "-o", "out.onnx"]) == 0
    said = capfd.readouterr()
    assert said.err == ""
    assert re.search(
        r"^out\.onnx .*: batch 2 alone; run at batch 2 .* relative difference \d\.\de-\d\d$", said.out, re.MULTILINE
    )
    assert files() == {"net.res", "out.onnx"}


def test_fresh_weights_are_always_alike() -> None:
    before = torch.random.get_rng_state()
    assert main(["export", "net.res", "--to", "safetensors"]) == 0
    torch.rand(3)
    assert main(["export", "net.res", "--to", "safetensors", "-o", "again.safetensors"]) == 0
    assert Path("small.safetensors").read_bytes() == Path("again.safetensors").read_bytes()
    torch.random.set_rng_state(before)


def test_weights_are_those_that_are_given(capsys: pytest.CaptureFixture[str]) -> None:
    trained = resdsl.load("net.res").module().eval()
    save_file(trained.state_dict(), "trained.safetensors")
    assert main(["export", "net.res", "--to", "pt2", "--weights", "trained.safetensors"]) == 0
    assert "trained.safetensors -> the model small: 8 tensors" in capsys.readouterr().out
    x = torch.randn(2, 3, 8, 8)
    assert torch.equal(torch.export.load("small.pt2").module()(x), trained(x))


def test_from_python() -> None:
    net = resdsl.load("net.res")
    trained = net.module()
    found = net.export("safetensors", "weights.safetensors", weights=trained)
    assert isinstance(found, Exported)
    assert str(found) == "every tensor read back and equal"
    assert all(torch.equal(value, trained.state_dict()[key]) for key, value in load_file("weights.safetensors").items())
    with pytest.raises(SpecError, match=r"ends in \.onnx, and net\.pt2 does not"):
        net.export("onnx", "net.pt2")
    with pytest.raises(SpecError, match="-1 is no batch"):
        net.export("pt2", "net.pt2", batch=-1)
    with pytest.raises(SpecError, match="no export to 'tflite'; there are onnx, pt2, aoti, safetensors"):
        net.export("tflite", "net.tflite")
    assert files() == {"net.res", "weights.safetensors"}


def test_standard_output(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["export", "net.res", "--to", "safetensors", "-o", "-"]) == 0
    said = capfdbinary.readouterr()
    assert b'"model":"small"' in said.out
    assert said.err.startswith(b"weights freshly initialised")
    assert files() == {"net.res"}


def test_a_file_that_was_not_named_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    Path("small.safetensors").write_text("trained for a month", encoding="utf-8")
    assert main(["export", "net.res", "--to", "safetensors"]) == 2
    assert "there is a file small.safetensors already; -o small.safetensors replaces it" in capsys.readouterr().err
    assert Path("small.safetensors").read_text(encoding="utf-8") == "trained for a month"
    assert main(["export", "net.res", "--to", "safetensors", "-o", "small.safetensors"]) == 0
    assert load_file("small.safetensors")


WRONG: dict[str, tuple[list[str], str]] = {
    "no format": ([], "the following arguments are required: --to"),
    "another format": (["--to", "onxn"], "did you mean onnx?"),
    "another suffix": (["--to", "onnx", "-o", "net.pt2"], "the name of an export to onnx ends in .onnx, and net.pt2"),
    "a spec": (["--to", "pt2", "-o", "other.res"], "has the name of a spec"),
    "no folder": (["--to", "pt2", "-o", "no/net.pt2"], "there is no folder"),
    "no batch": (["--to", "pt2", "--batch", "0"], "invalid N|dynamic value: '0'"),
    "weights of a batch": (["--to", "safetensors", "--batch", "2"], "no batch"),
    "no weights": (["--to", "pt2", "--weights", "none.pth"], "there is no file none.pth"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_calls(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    words, message = WRONG[case]
    try:
        code = main(["export", "net.res", *words])
    except SystemExit as stopped:  # argparse's own
        code = int(str(stopped.code))
    assert code == 2
    said = capsys.readouterr()
    assert message in said.err
    assert said.out == ""
    assert files() == {"net.res"}


def test_weights_that_do_not_fit(capsys: pytest.CaptureFixture[str]) -> None:
    save_file({"weight": torch.zeros(3)}, "other.safetensors")
    assert main(["export", "net.res", "--to", "pt2", "--weights", "other.safetensors"]) == 1
    assert "other.safetensors" in capsys.readouterr().err
    assert files() == {"net.res", "other.safetensors"}


@pytest.mark.parametrize("package", ["onnx", "onnxscript", "onnxruntime"])
def test_a_package_that_is_missing(
    package: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    assert main(["export", "net.res", "--to", "onnx"]) == 2
    said = capsys.readouterr().err
    assert f"an ONNX export needs the package {package}" in said
    assert "pip install 'resdsl[onnx]'" in said
    assert files() == {"net.res"}


def test_a_compiler_that_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    from torch._inductor import config

    with config.patch({"cpp.cxx": ("no-such-compiler",)}):
        assert main(["export", "net.res", "--to", "aoti"]) == 2
    assert "an AOTInductor package needs a C++ compiler" in capsys.readouterr().err
    assert files() == {"net.res"}


def test_a_compiler_that_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The machine's affair, not a fault of ours."""
    import torch._inductor
    from torch._inductor.exc import CppCompileError

    def fails(*_: object, **__: object) -> None:
        raise CppCompileError(["g++", "net.cpp"], "net.cpp:1: fatal error: no such header\ncompilation terminated")

    monkeypatch.setattr(torch._inductor, "aoti_compile_and_package", fails)
    monkeypatch.setattr("resdsl.runtime.export.aoti._require_compiler", lambda: None)
    assert main(["export", "net.res", "--to", "aoti"]) == 2
    assert "resdsl: the C++ compiler failed: net.cpp:1: fatal error: no such header\n" in capsys.readouterr().err
    assert files() == {"net.res"}


@pytest.mark.parametrize(("fault", "code"), [(InternalError("it differs"), 3), (WeightsError("not finite"), 1)])
def test_what_differs_is_not_written(
    fault: Exception, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def differs(*_: object) -> None:
        raise fault

    monkeypatch.setattr(formats, "compare", differs)
    Path("small.pt2").write_text("old", encoding="utf-8")
    assert main(["export", "net.res", "--to", "pt2", "-o", "small.pt2"]) == code
    assert str(fault) in capsys.readouterr().err
    assert Path("small.pt2").read_text(encoding="utf-8") == "old"
    with pytest.raises(type(fault)):
        resdsl.load("net.res").export("pt2", "small.pt2")
    assert Path("small.pt2").read_text(encoding="utf-8") == "old"
    assert files() == {"net.res", "small.pt2"}


def test_two_files_or_none(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """What PyTorch would need gigabytes for: both places are looked at before either is written."""

    def large(*_: object) -> Exported:
        return Exported("onnx", {"net.onnx": b"model", "net.onnx.data": b"weights"}, "dynamic", None)

    monkeypatch.setattr("resdsl.runtime.export.export", large)
    assert main(["export", "net.res", "--to", "onnx", "-o", "-"]) == 2
    assert "say where to with -o" in capsys.readouterr().err
    Path("net.onnx.data").mkdir()
    assert main(["export", "net.res", "--to", "onnx", "-o", "net.onnx"]) == 2
    assert not Path("net.onnx").exists()
    Path("net.onnx.data").rmdir()
    assert main(["export", "net.res", "--to", "onnx", "-o", "net.onnx"]) == 0
    assert "net.onnx and net.onnx.data" in capsys.readouterr().out
    assert Path("net.onnx.data").read_bytes() == b"weights"
