"""The layers that generated files for inference define, against PyTorch's own convolutions in double precision."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F  # noqa: N812 - PyTorch's own habit
from torch import Tensor

from resdsl.backends.torch.support import common, cpu, cuda, definitions, names


def relative(found: Tensor, wanted: Tensor) -> float:
    found, wanted = found.detach(), wanted.detach()
    return float((found.to(wanted) - wanted).abs().max() / wanted.abs().max())


@pytest.mark.parametrize("size", [(4, 4), (7, 7), (14, 13), (5, 24), (3, 3)])
@pytest.mark.parametrize("padding", [(1, 1), (0, 0), (2, 1)])
def test_winograd_is_the_convolution(size: tuple[int, int], padding: tuple[int, int]) -> None:
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 5, *size, generator=generator, dtype=torch.float64)
    weight = torch.randn(6, 5, 3, 3, generator=generator, dtype=torch.float64)
    bias = torch.randn(6, generator=generator, dtype=torch.float64)
    wanted = F.conv2d(x, weight, bias, padding=padding)
    found = cpu.winograd(x, cpu.winograd_weight(weight), bias, padding)
    assert relative(found, wanted) < 1e-12
    assert relative(cpu.winograd(x, cpu.winograd_weight(weight), bias, padding, relu=True), wanted.relu()) < 1e-12
    single = cpu.winograd(x.float(), cpu.winograd_weight(weight.float()), None, padding)
    assert relative(single, F.conv2d(x, weight, padding=padding)) < 2e-5


def test_winograd_takes_more_tiles_than_go_at_a_time() -> None:
    x, weight = torch.randn(1, 4, 80, 80, dtype=torch.float64), torch.randn(4, 4, 3, 3, dtype=torch.float64)
    assert relative(cpu.winograd(x, cpu.winograd_weight(weight), None, (1, 1)), F.conv2d(x, weight, padding=1)) < 1e-12


def test_winograd_is_wrong_with_the_kernel_turned() -> None:
    """The comparison above can fail: a kernel the other way round gives something else."""
    x, weight = torch.randn(1, 4, 8, 8, dtype=torch.float64), torch.randn(4, 4, 3, 3, dtype=torch.float64)
    found = cpu.winograd(x, cpu.winograd_weight(weight.flip(-1)), None, (1, 1))
    assert relative(found, F.conv2d(x, weight, padding=1)) > 0.1


ACTIVATIONS = ["none", "relu", "silu", "sigmoid", "tanh", "hardswish"]


@pytest.mark.parametrize("onednn", [True, False])
@pytest.mark.parametrize("kernel", ["direct", "winograd"])
@pytest.mark.parametrize("added", [True, False])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_fused_convolution(
    activation: str, added: bool, kernel: str, onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not onednn:
        monkeypatch.setattr(cpu, "calls_onednn", lambda: False)
    layer = cpu.FusedConv2d(8, 16, 3, padding=1, activation=activation, kernel=kernel)
    x = torch.randn(2, 8, 9, 9).contiguous(memory_format=torch.channels_last)
    residual = torch.randn(2, 16, 9, 9).contiguous(memory_format=torch.channels_last) if added else None
    before = None if residual is None else residual.clone()
    wanted = F.conv2d(x.double(), layer.weight.double(), layer.bias.double(), padding=1)
    wanted = wanted if residual is None else wanted + residual
    wanted = wanted if activation == "none" else getattr(F, activation)(wanted)
    assert relative(layer(x, residual), wanted) < 1e-5
    assert before is None or torch.equal(before, residual)  # it is somebody else's, too
    on_cuda = cuda.FusedConv2d(8, 16, 3, padding=1, activation=activation, kernel="cudnn")
    on_cuda.load_state_dict(layer.state_dict())
    assert relative(on_cuda(x, residual), wanted) < 1e-5


@pytest.mark.parametrize("geometry", [{"stride": 2}, {"groups": 4}, {"dilation": 2, "padding": 2}, {"bias": False}])
@pytest.mark.parametrize("layout", [torch.channels_last, torch.contiguous_format])
def test_a_fused_convolution_of_any_geometry(geometry: dict[str, int], layout: torch.memory_format) -> None:
    layer = cpu.FusedConv2d(8, 16, 3, **geometry)
    x = torch.randn(2, 8, 11, 11).contiguous(memory_format=layout)
    plain = torch.nn.Conv2d(8, 16, 3, **geometry).double()
    plain.load_state_dict(layer.state_dict())
    assert relative(layer(x), plain(x.double())) < 1e-5


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_fused_linear_layer(activation: str) -> None:
    layer = cpu.FusedLinear(7, 5, activation=activation)
    x = torch.randn(3, 7)
    wanted = F.linear(x.double(), layer.weight.double(), layer.bias.double())
    assert relative(layer(x), wanted if activation == "none" else getattr(F, activation)(wanted)) < 1e-5


def test_weights_that_are_loaded_later_are_packed_anew() -> None:
    layer, other, x = cpu.FusedConv2d(4, 4, 3), cpu.FusedConv2d(4, 4, 3), torch.randn(1, 4, 8, 8)
    line, later, vector = cpu.FusedLinear(4, 4), cpu.FusedLinear(4, 4), torch.randn(2, 4)
    assert not torch.equal(layer(x), other(x))
    assert not torch.equal(line(vector), later(vector))
    layer.load_state_dict(other.state_dict())
    line.load_state_dict(later.state_dict())
    assert torch.equal(layer(x), other(x))
    assert torch.equal(line(vector), later(vector))


def test_a_scale_and_a_shift() -> None:
    layer = common.ChannelAffine(3, relu=True)
    layer.load_state_dict({"scale": torch.tensor([1.0, -2, 3]).view(3, 1, 1), "shift": torch.ones(3, 1, 1)})
    x = torch.randn(2, 3, 4, 4)
    assert relative(layer(x), (x.double() * torch.tensor([1.0, -2, 3]).view(3, 1, 1) + 1).relu()) < 1e-6


def test_values_grow_in_one_buffer() -> None:
    x, y, z = torch.randn(2, 3, 4, 5), torch.randn(2, 2, 4, 5), torch.randn(2, 4, 4, 5)
    room = cpu.Room(9)(x)
    both = cpu.append(room, y)
    every = cpu.append(both, z)
    assert torch.equal(every, torch.cat([x, y, z], 1))
    assert torch.equal(both, torch.cat([x, y], 1))  # what was there stays
    assert torch.equal(room, x)
    assert every.data_ptr() == room.data_ptr()
    with pytest.raises(RuntimeError, match="out of bounds"):
        cpu.append(every, y)  # there is no room left


def test_a_captured_model_is_called_as_it_is_without_a_cuda_device() -> None:
    model = torch.nn.Linear(2, 3)
    x = torch.randn(4, 2)
    assert torch.equal(cuda.Captured(model)(x), model(x))


class Small(torch.nn.Module):
    """Every fused layer of the CPU: a concatenation, a residual, a Winograd layer, a dense buffer, two outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = cpu.FusedConv2d(3, 8, 3, 2, 1, activation="relu")
        self.conv2 = cpu.FusedConv2d(8, 8, 3, padding=1, activation="relu", kernel="winograd")
        self.conv3 = cpu.FusedConv2d(8, 8, 1, activation="silu")
        self.room = cpu.Room(16)
        self.scale = common.ChannelAffine(16, relu=True)
        self.fc = cpu.FusedLinear(24, 5, activation="tanh")

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = self.conv1(x.contiguous(memory_format=torch.channels_last))
        y = self.conv2(self.conv3(x, self.conv2(x)), x)
        z = self.scale(cpu.append(self.room(x), y))
        return self.fc(torch.cat([z, x], 1).mean((2, 3))), y


def test_a_captured_model_is_a_graph_for_each_shape_and_the_same_net() -> None:
    torch.manual_seed(0)
    model = Small().eval()
    captured = cpu.Captured(model)
    before = torch.jit.onednn_fusion_enabled()
    for x in (torch.randn(2, 3, 16, 20), torch.randn(1, 3, 9, 9), torch.randn(2, 3, 16, 20)):
        for found, wanted in zip(captured(x), model(x), strict=True):
            assert relative(found, wanted) < 1e-5
    assert len(captured.graphs) == 2
    assert not cpu.has_graphs() or "oneDNNFusionGuard" in str(torch.jit.last_executed_optimized_graph())
    assert torch.jit.onednn_fusion_enabled() == before


def test_without_a_compiler_of_graphs_a_captured_model_is_called_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cpu, "has_graphs", lambda: False)
    model, x = Small().eval(), torch.randn(1, 3, 8, 8)
    captured = cpu.Captured(model)
    assert torch.equal(captured(x)[0], model(x)[0])
    assert list(captured.graphs.values()) == [model]


def test_a_file_has_the_definitions_that_it_uses_and_no_others() -> None:
    text = "\n".join(definitions("cpu", "self.conv = FusedConv2d(3, 4, 3)"))
    assert "class FusedConv2d" in text
    assert "@functools.cache\ndef winograd_transforms" in text
    assert "class Room" not in text
    assert "def append" not in text
    assert {"FusedConv2d", "append", "calls_onednn"} <= names("cpu")
