"""A compiled module lives like a hand-written one: copied, pickled, moved, compiled, exported, traced."""

from __future__ import annotations

import copy
import io
import multiprocessing
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from torch import fx, nn

import resdsl

NAMES = ["resnet18", "resnet20_cifar10"]


@pytest.fixture(scope="module", params=NAMES)
def net(request: pytest.FixtureRequest) -> nn.Module:
    torch.manual_seed(0)
    return resdsl.load(request.param).module().eval()


@pytest.fixture
def x() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(2, 3, 32, 32)


def test_deepcopy_shares_nothing(net: nn.Module, x: torch.Tensor) -> None:
    twin = copy.deepcopy(net)
    assert type(twin) is type(net)
    assert torch.equal(net(x), twin(x))
    with torch.no_grad():
        next(twin.parameters()).zero_()
    assert not torch.equal(next(net.parameters()), next(twin.parameters()))


def test_pickle_and_save(net: nn.Module, x: torch.Tensor) -> None:
    twin = pickle.loads(pickle.dumps(net))
    assert torch.equal(net(x), twin(x))
    buffer = io.BytesIO()
    torch.save(net, buffer)
    buffer.seek(0)
    again = torch.load(buffer, weights_only=False)
    assert torch.equal(net(x), again(x))


def test_a_pickle_opens_in_a_process_that_has_not_compiled_it(net: nn.Module, x: torch.Tensor, tmp_path: Path) -> None:
    (tmp_path / "net.pickle").write_bytes(pickle.dumps((net, x, net(x).detach())))
    program = "import pickle, torch; n, x, y = pickle.load(open('net.pickle', 'rb')); assert torch.equal(n(x), y)"
    root = Path(resdsl.__file__).parents[1]
    subprocess.run([sys.executable, "-c", program], cwd=tmp_path, check=True, env={"PYTHONPATH": str(root)})


def _forward(net: nn.Module, x: torch.Tensor, queue: multiprocessing.SimpleQueue[list[float]]) -> None:
    queue.put(net(x).flatten().tolist())


def test_spawned_processes_take_it(x: torch.Tensor) -> None:
    net = resdsl.load("resnet20_cifar10").module().eval()
    context = multiprocessing.get_context("spawn")
    queue = context.SimpleQueue()
    process = context.Process(target=_forward, args=(net, x, queue))
    process.start()
    result = queue.get()
    process.join()
    assert torch.allclose(torch.tensor(result), net(x).flatten(), atol=1e-5)


def test_moves_between_types_and_layouts(net: nn.Module, x: torch.Tensor) -> None:
    twin = copy.deepcopy(net).to(torch.float64).to(memory_format=torch.channels_last)
    assert torch.allclose(twin(x.double()).float(), net(x), atol=1e-4)
    assert all(p.device.type == "meta" for p in copy.deepcopy(net).to("meta").parameters())


def test_builds_on_the_device_of_the_context() -> None:
    net = resdsl.load("resnet18").module(device="meta")
    assert {p.device.type for p in net.parameters()} == {"meta"}
    net = resdsl.load("resnet20_cifar10").module(dtype=torch.bfloat16)
    assert net.get_parameter("fc.weight").dtype == torch.bfloat16


def test_exports(net: nn.Module, x: torch.Tensor) -> None:
    batch = torch.export.Dim("batch", min=1, max=64)
    program = torch.export.export(net, (x,), dynamic_shapes=({0: batch},))
    other = torch.randn(5, 3, 32, 32)
    assert torch.allclose(program.module()(other), net(other), atol=1e-5)


def test_compiles_as_one_graph(net: nn.Module, x: torch.Tensor) -> None:
    compiled = torch.compile(net, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x), net(x), atol=1e-6)


def test_traces(net: nn.Module, x: torch.Tensor) -> None:
    traced = fx.symbolic_trace(net)
    assert torch.allclose(traced(x), net(x), atol=1e-6)


def test_source_is_found_for_tracebacks(net: nn.Module) -> None:
    import inspect

    assert "class " in inspect.getsource(type(net))
