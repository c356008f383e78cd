"""Compiled modules on a GPU: the same results as on the CPU, mixed precision, graphs, compilation, survival."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest
import torch
from torch import nn

import resdsl

pytestmark = pytest.mark.gpu

NAMES = ["resnet18", "resnet20_cifar10", "densenet_bc40_12_cifar10", "highway19_cifar10", "googlenet_noaux"]


@pytest.fixture(scope="module", params=NAMES)
def nets(request: pytest.FixtureRequest) -> tuple[nn.Module, nn.Module]:
    """One net on the CPU and its copy on the GPU, in eval."""
    torch.manual_seed(0)
    net = resdsl.load(request.param).module().eval()
    return net, copy.deepcopy(net).cuda()


@pytest.fixture
def x() -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(4, 3, 64, 64)


@pytest.fixture(autouse=True)
def _exact_products() -> None:
    """TF32 has ten bits: results would agree to three digits only."""
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False


def _close(a: torch.Tensor, b: torch.Tensor, tolerance: float) -> None:
    assert (a - b).abs().max() <= tolerance * b.abs().max()


def test_the_same_results_as_on_the_cpu(nets: tuple[nn.Module, nn.Module], x: torch.Tensor) -> None:
    cpu, gpu = nets
    with torch.inference_mode():
        _close(gpu(x.cuda()).cpu(), cpu(x), 1e-4)


def test_bf16(nets: tuple[nn.Module, nn.Module], x: torch.Tensor) -> None:
    cpu, gpu = nets
    with torch.inference_mode(), torch.autocast("cuda", dtype=torch.bfloat16):
        found = gpu(x.cuda()).float().cpu()
    with torch.inference_mode():
        _close(found, cpu(x), 0.1)


def test_channels_last_and_a_captured_graph(nets: tuple[nn.Module, nn.Module], x: torch.Tensor) -> None:
    net = copy.deepcopy(nets[1]).to(memory_format=torch.channels_last)
    given = x.cuda().to(memory_format=torch.channels_last)
    with torch.inference_mode():
        expected = net(given)
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(3):
                net(given)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            result = net(given)
        graph.replay()
        _close(result, expected, 1e-4)


def test_compiled(nets: tuple[nn.Module, nn.Module], x: torch.Tensor) -> None:
    gpu = nets[1]
    with torch.no_grad():
        _close(torch.compile(gpu, fullgraph=True)(x.cuda()), gpu(x.cuda()), 1e-3)


@pytest.mark.parametrize("words", ["", " per sample"])
def test_survival_on_the_device(words: str, tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text(
        f"""model net {{ input 4x8x8
  survival 0.5{words}
  3 x residual {{ conv(3, 4) -> bn -> relu }}
  avgpool -> flatten -> linear(2) }}
"""
    )
    net = resdsl.load(path).module(device="cuda").train()
    twin = copy.deepcopy(net).cpu()
    x = torch.randn(8, 4, 8, 8)
    for _ in range(6):
        found = net(x.cuda())
        expected = twin(x)
        assert net.active_units == twin.active_units
        _close(found.detach().cpu(), expected.detach(), 1e-3)
        found.sum().backward()


def test_verification_runs_on_the_gpu() -> None:
    from resdsl.runtime import verify

    net = resdsl.load("resnet20_cifar10")
    assert verify(net.ir, net.source()).device.startswith("cuda")
