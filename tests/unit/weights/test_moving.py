"""Weights on their way: files, modules, the command, and what happens when something is wrong."""

from __future__ import annotations

import json
import pickle
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import resdsl
from resdsl import Architecture, WeightsError
from resdsl.cli import main
from resdsl.runtime.weights import Mapping, libraries, read
from resdsl.runtime.weights.transplanting import export_weights, import_weights
from tests.unit.weights._nets import RESIDUAL, nested, net


@pytest.fixture
def tiny(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Architecture:
    monkeypatch.chdir(tmp_path)
    torch.manual_seed(0)
    return net(RESIDUAL, Path())


def other_names(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The tensors under another library's names, in another order."""
    keys = sorted(state, key=lambda key: ("downsample" not in key, key.startswith("fc")))
    return {".".join((nested(key.rpartition(".")[0]), key.rpartition(".")[2])): state[key] for key in keys}


def assert_equal(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    assert all(torch.equal(one[key], other[key]) for key in one)


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["weights", *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_into_a_module(tiny: Architecture) -> None:
    source, module = tiny.module(), tiny.module()
    theirs = other_names(source.state_dict())
    found = resdsl.transplant(theirs, module)
    assert_equal(dict(module.state_dict()), dict(source.state_dict()))
    assert "by order, kind and shape" in str(found)
    assert "features.start.conv1.weight" in found.table()

    again = tiny.module()
    resdsl.transplant(source, again, architecture=tiny)  # from a module, by name
    assert_equal(dict(again.state_dict()), dict(source.state_dict()))
    assert_equal(found.revert(module.state_dict()), theirs)


def test_a_module_keeps_its_tensors_and_type(tiny: Architecture) -> None:
    module = tiny.module(dtype=torch.float64)
    before = dict(module.named_parameters())
    resdsl.transplant(tiny.module(), module)
    assert all(parameter is before[name] for name, parameter in module.named_parameters())
    assert module.get_parameter("fc.weight").dtype is torch.float64


def test_nothing_changes_on_a_misfit(tiny: Architecture) -> None:
    module = tiny.module()
    before = {key: tensor.clone() for key, tensor in module.state_dict().items()}
    wrong = {key: tensor for key, tensor in tiny.module().state_dict().items() if key != "fc.bias"}
    with pytest.raises(WeightsError, match=r"fc\.bias \(5\) is missing"):
        resdsl.transplant(wrong, module)
    assert_equal(dict(module.state_dict()), before)
    with pytest.raises(WeightsError, match="is not of the model"):
        resdsl.transplant(wrong, torch.nn.Linear(2, 2), architecture=tiny)
    with pytest.raises(WeightsError, match="meta"):
        resdsl.transplant(module, tiny.module(device="meta"))
    with pytest.raises(TypeError, match="not from a int"):
        resdsl.transplant(3, module)


@pytest.mark.parametrize("suffix", [".safetensors", ".pth", ".pt"])
def test_import_and_export(tiny: Architecture, suffix: str, capsys: pytest.CaptureFixture[str]) -> None:
    state = tiny.module().state_dict()
    theirs = other_names(state)
    file = f"theirs{suffix}"
    save_file(theirs, file) if suffix == ".safetensors" else torch.save(theirs, file)
    code, out, _ = run(capsys, "import", "net.res", "--from", file, "-o", "ours.safetensors", "--save-map", "map.json")
    assert code == 0
    assert f"{file} -> the model net: {len(state)} tensors" in out
    assert "layer1.0.downsample.0.weight" in out
    assert_equal(load_file("ours.safetensors"), dict(state))
    for layout in ("map.json", file):
        code, _, _ = run(
            capsys, "export", "net.res", "--from", "ours.safetensors", "--layout", layout, "-o", "back.pth"
        )
        assert code == 0
        assert_equal(torch.load("back.pth", weights_only=True), theirs)
    code, out, _ = run(capsys, "import", "net.res", "--from", file, "--map", "map.json", "-o", "again.pth")
    assert (code, "by a saved mapping" in out) == (0, True)
    assert_equal(torch.load("again.pth", weights_only=True), dict(state))


@pytest.mark.parametrize("legacy", [False, True])
def test_what_trainers_save_is_unwrapped(tiny: Architecture, legacy: bool) -> None:
    state = tiny.module().state_dict()
    wrapped = {"epoch": 3, "state_dict": {f"module.{key}": tensor for key, tensor in state.items()}}
    torch.save(wrapped, "x.pth", _use_new_zipfile_serialization=not legacy)
    found = resdsl.transplant("x.pth", tiny)
    assert found.evidence == ("by name, below module",)


class Evil:
    def __reduce__(self) -> tuple[object, ...]:
        return Path("evil").touch, ()


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("name", ["x.pth", "x.pt"])
def test_pickled_code_is_never_run(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    torch.save({"a": Evil()}, name)
    code, _, err = run(capsys, "import", "net.res", "--from", name, "-o", "o.safetensors")
    assert (code, "is not opened" in err) == (2, True)
    assert "weights_only" not in err  # PyTorch's own words say how to run it
    Path(name).write_bytes(pickle.dumps({"a": Evil()}))
    assert run(capsys, "import", "net.res", "--from", name, "-o", "o.safetensors")[0] == 2
    assert not Path("evil").exists()


@pytest.mark.usefixtures("tiny")
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"nonsense" * 100, b"\x80\x02}q\x00."])
@pytest.mark.parametrize("name", ["x.pth", "x.safetensors"])
def test_broken_files(content: bytes, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path(name).write_bytes(content)
    code, _, err = run(capsys, "import", "net.res", "--from", name, "-o", "o.safetensors")
    assert code in {1, 2}
    assert err.startswith("resdsl: x.")
    assert not Path("o.safetensors").exists()


def test_other_files_are_refused(tiny: Architecture, capsys: pytest.CaptureFixture[str]) -> None:
    Path("x.pkl").write_bytes(b"")
    for source, said in (("x.pkl", "their names end in"), ("none.pth", "there is no file")):
        code, _, err = run(capsys, "import", "net.res", "--from", source, "-o", "o.safetensors")
        assert (code, said in err) == (2, True)
    torch.save(tiny.module().state_dict(), "x.pth")
    for output in ("o.bin", "o", "-"):
        assert run(capsys, "import", "net.res", "--from", "x.pth", "-o", output)[0] == 2
    assert {path.name for path in Path().iterdir()} == {"net.res", "x.pkl", "x.pth"}


def test_what_is_no_weight_is_refused(tiny: Architecture) -> None:
    state = dict(tiny.module().state_dict())
    for value in (
        torch.zeros(5, dtype=torch.int64),
        torch.zeros(5).to_sparse(),
        3,
        torch.zeros(5, dtype=torch.complex64),
    ):
        with pytest.raises(WeightsError, match=r"fc\.bias"):
            resdsl.transplant(state | {"fc.bias": value}, tiny)
    with pytest.raises(WeightsError, match="has no tensors"):
        resdsl.transplant({}, tiny)


def test_nothing_is_written_on_a_misfit(tiny: Architecture, capsys: pytest.CaptureFixture[str]) -> None:
    state = dict(tiny.module().state_dict())
    torch.save({key: tensor for key, tensor in state.items() if key != "bn1.weight"}, "x.pth")
    code, out, err = run(capsys, "import", "net.res", "--from", "x.pth", "-o", "o.safetensors", "--save-map", "m.json")
    assert (code, out) == (1, "")
    assert err == "resdsl: x.pth does not fit the model net\n  bn1.weight (4) is missing\n"
    assert not Path("o.safetensors").exists()
    assert not Path("m.json").exists()


def test_a_pin_on_the_command_line(tiny: Architecture, capsys: pytest.CaptureFixture[str]) -> None:
    state = tiny.module().state_dict()
    torch.save(
        {k.replace("downsample", "extra").replace("conv", "c").replace("bn", "n"): v for k, v in state.items()}, "x.pth"
    )
    command = ["import", "net.res", "--from", "x.pth", "-o", "o.safetensors"]
    code, _, err = run(capsys, *command)
    assert (code, "layer1.0.c3 (16x4x1x1): layer1.0.conv3 or layer1.0.downsample.0" in err) == (1, True)
    pins = ["--pin", "layer1.0.c3=layer1.0.conv3", "--pin", "layer1.0.n3=layer1.0.bn3"]
    assert run(capsys, *command, *pins)[0] == 0
    assert_equal(load_file("o.safetensors"), dict(state))
    assert run(capsys, *command, "--pin", "nonsense")[0] == 2


def test_a_saved_mapping_is_checked(tiny: Architecture, capsys: pytest.CaptureFixture[str]) -> None:
    theirs = other_names(tiny.module().state_dict())
    found = resdsl.transplant(theirs, tiny)
    found.save("map.json")
    assert Mapping.load("map.json").pairs == found.pairs
    with pytest.raises(WeightsError, match=r"output\.fc\.bias \(5\) is missing"):
        resdsl.transplant({k: v for k, v in theirs.items() if k != "output.fc.bias"}, tiny, mapping="map.json")
    other = net(RESIDUAL.replace("linear(5)", "linear(6)"), Path())
    with pytest.raises(WeightsError, match=r"fc\.weight is 5x32, and 6x32 is expected"):
        resdsl.transplant(theirs, other, mapping=found)

    data = json.loads(found.to_json())
    for broken in (
        "[]", "{", "[" * 100_000, "{}",
        json.dumps(data | {"pairs": 3}),
        json.dumps(data | {"pairs": data["pairs"] + data["pairs"][:1]}),
        json.dumps(data | {"pairs": [{"from": "a", "to": "b", "shape": [-1]}]}),
        json.dumps(data | {"absent": ["fc.bias"]}),
    ):  # fmt: skip
        Path("map.json").write_text(broken)
        torch.save(theirs, "x.pth")
        code, _, err = run(capsys, "import", "net.res", "--from", "x.pth", "--map", "map.json", "-o", "o.safetensors")
        assert (code, "is not a mapping of weights" in err) == (2, True)


def test_safetensors_are_known_to_be_sorted(tiny: Architecture) -> None:
    save_file(tiny.module().state_dict(), "x.safetensors")
    assert not read(Path("x.safetensors")).ordered


def test_shared_memory_is_written_apart(tiny: Architecture) -> None:
    state = dict(tiny.module().state_dict())
    state["bn1.bias"] = state["bn1.weight"]
    torch.save(state, "x.pth")
    _, data = import_weights(tiny.ir, "x.pth")
    Path("o.safetensors").write_bytes(data)
    assert_equal(load_file("o.safetensors"), state)


def test_a_library_is_asked_by_name_alone(tiny: Architecture, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def build(name: str, pretrained: bool) -> torch.nn.Module:
        asked.append((name, pretrained))
        return tiny.module()

    monkeypatch.setitem(libraries.LIBRARIES, "timm", build)
    resdsl.transplant("timm:anything", tiny)
    assert asked == [("anything", True)]
    torch.save(tiny.module().state_dict(), "ours.pth")
    export_weights(tiny.ir, "ours.pth", "timm:layout")
    assert asked[1:] == [("layout", False)]


@pytest.mark.usefixtures("tiny")
def test_a_missing_library_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    code, _, err = run(capsys, "import", "net.res", "--from", "timm:anything", "-o", "o.safetensors")
    assert (code, err.startswith("resdsl: timm is not installed")) == (2, True)
