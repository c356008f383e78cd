"""Exports beside their modules, opened with what others open them with."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from safetensors import safe_open

import resdsl
from resdsl.runtime.export import (
    AotiRunner,
    OnnxSession,
    aoti_package,
    export,
    load_program,
    onnx_model,
    pt2_program,
    safetensors_file,
)
from resdsl.runtime.export.onnx import onnx_files
from tests.unit.export._net import OUTPUTS, SHAPES, agree, given, module, net

needs_compiler = pytest.mark.skipif(shutil.which(os.environ.get("CXX", "g++")) is None, reason="no C++ compiler")

ALONE = """
import sys, torch
inputs = torch.load(sys.argv[1])
torch.save(list(torch._inductor.aoti_load_package(sys.argv[2])(*(x[:1] for x in inputs))), sys.argv[4])
torch.save(list(torch.export.load(sys.argv[3]).module()(*inputs)), sys.argv[5])
sys.exit("resdsl" in sys.modules)
"""
"""Isolated (`python -I`): neither the checkout nor the folder it runs in is on its path."""


@pytest.fixture(scope="module")
def model() -> bytes:
    return onnx_model(net().ir, module())


@pytest.fixture(scope="module")
def program() -> bytes:
    return pt2_program(net().ir, module())


@pytest.fixture(scope="module")
def package() -> bytes:
    return aoti_package(net().ir, module())


def test_onnx_has_the_names_of_the_spec(model: bytes) -> None:
    read = onnx.load_model_from_string(model)
    onnx.checker.check_model(read, full_check=True)
    assert [value.name for value in read.graph.input] == ["image", "mask"]
    assert [value.name for value in read.graph.output] == OUTPUTS
    for value, shape in zip(read.graph.input, SHAPES, strict=True):
        batch, *sizes = value.type.tensor_type.shape.dim
        assert batch.dim_param == "batch"
        assert tuple(size.dim_value for size in sizes) == shape
    notes = {note.key: note.value for note in read.metadata_props}
    assert notes["resdsl"] == resdsl.__version__
    assert (notes["model"], notes["inputs"]) == ("two", "image 3x16x16, mask 1x8x8")
    assert not {"side", "Dropout"} & {node.op_type for node in read.graph.node}


@pytest.mark.parametrize("batch", [1, 4])
def test_onnx_runs_in_onnxruntime(model: bytes, batch: int) -> None:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    image, mask = given(batch)
    found = session.run(OUTPUTS, {"mask": mask.numpy(), "image": image.numpy()})
    agree(map(torch.from_numpy, found), image, mask)
    with torch.inference_mode():
        agree(OnnxSession(model)(image, mask), image, mask)


def test_exports_have_no_paths_of_the_machine(model: bytes, program: bytes) -> None:
    for place in (sys.prefix, str(Path(resdsl.__file__).parent)):
        assert place.encode() not in model
        assert place.encode() not in program


def test_onnx_of_weights_that_one_file_does_not_hold(tmp_path: Path) -> None:
    files = onnx_files(net().ir, module(), 2, "net.onnx", largest=100)
    assert list(files) == ["net.onnx", "net.onnx.data"]
    inputs = given(2)
    agree(OnnxSession.of(files)(*inputs), *inputs)
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
    onnx.checker.check_model(str(tmp_path / "net.onnx"), full_check=True)


@pytest.mark.parametrize("batch", [1, 5])
def test_a_program_runs(program: bytes, batch: int) -> None:
    inputs = given(batch)
    agree(load_program(program)(*inputs), *inputs)


def test_a_program_says_what_it_is_of(program: bytes) -> None:
    notes = {"resdsl.json": ""}
    torch.export.load(io.BytesIO(program), extra_files=notes)
    assert json.loads(notes["resdsl.json"])["outputs"] == "scores 10, maps 8x8x8, getitem 8x8x8"


@needs_compiler
def test_a_package_and_a_program_run_without_resdsl(package: bytes, program: bytes, tmp_path: Path) -> None:
    inputs = given(3)
    torch.save(inputs, tmp_path / "inputs")
    (tmp_path / "package.pt2").write_bytes(package)
    (tmp_path / "program.pt2").write_bytes(program)
    files = [str(tmp_path / name) for name in ("inputs", "package.pt2", "program.pt2", "one", "three")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [sys.executable, "-I", "-W", "error", "-c", ALONE, *files],
        cwd=tmp_path, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    agree(torch.load(tmp_path / "one"), *(x[:1] for x in inputs))
    agree(torch.load(tmp_path / "three"), *inputs)


@needs_compiler
def test_a_package_is_frozen(package: bytes) -> None:
    """No batch normalisation is left to compute, and oneDNN has the convolutions with packed weights."""
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        sources = "".join(archive.read(name).decode() for name in archive.namelist() if name.endswith(".cpp"))
    assert "mkldnn__convolution_pointwise" in sources
    assert "aoti_torch_cpu_convolution(" not in sources
    assert "sqrt" not in sources


@needs_compiler
def test_a_loaded_package_looks_at_its_inputs(package: bytes) -> None:
    """The machine code does not: it reads memory as if it were contiguous."""
    runner = AotiRunner(package)
    image, mask = given(1)
    agree(runner(image.to(memory_format=torch.channels_last), mask), image, mask)
    with pytest.raises(ValueError, match="batches of 1, not of 2"):
        runner(*given(2))


def test_weights_have_their_names_and_say_whose_they_are(tmp_path: Path) -> None:
    path = tmp_path / "net.safetensors"
    path.write_bytes(safetensors_file(net().ir, module()))
    state = module().state_dict()
    with safe_open(path, "pt") as file:
        notes = file.metadata()
        assert set(file.keys()) == state.keys()
        assert all(torch.equal(file.get_tensor(key), state[key]) for key in state)
    figures = net().summary()
    assert {"format": "pt", "model": "two", "resdsl": resdsl.__version__}.items() <= notes.items()
    assert (notes["params"], notes["macs"], notes["depth"]) == (
        str(figures.params), str(figures.macs), str(figures.depth),
    )  # fmt: skip
    again = {safetensors_file(net().ir, module()) for _ in range(5)}  # the library shuffles metadata
    assert again == {path.read_bytes()}


def test_a_module_is_as_it_was(model: bytes, program: bytes) -> None:
    assert model
    assert program
    assert all(part.training for part in module().modules())
    assert all(weight.requires_grad for weight in module().parameters())
    assert type(module()(*given(2))).__name__ == "TwoTrainingOutput"


@pytest.mark.parametrize("to", ["onnx", "pt2"])
def test_a_net_without_weights_or_steps(to: str, tmp_path: Path) -> None:
    """What goes in comes out, under a name of its own."""
    path = tmp_path / "net.res"
    path.write_text("model net {\n  input output: 2\n}\n", encoding="utf-8")
    bare = resdsl.load(path)
    made = export(bare.ir, bare.module(), to, "net")
    assert made.comparison is not None
    assert made.comparison.difference == 0
    if to == "onnx":
        read = onnx.load_model_from_string(made.files["net"])
        assert [value.name for value in (*read.graph.input, *read.graph.output)] == ["output", "output_"]


def test_a_network_that_ships() -> None:
    shipped = resdsl.load("highway_fc10_mnist")
    made = export(shipped.ir, shipped.module(), "pt2", "net.pt2")
    assert made.comparison is not None
    assert made.comparison.difference <= 1e-5
    assert made.comparison.tells
