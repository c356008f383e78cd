"""Blocks of the library against their peers: torchvision's modules, and formulas of the papers written by hand."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from tests.parity._compare import differing
from tests.parity._peers import torchvision_models

TOLERANCE = 1e-5


def _block(folder: Path, names: str, step: str, channels: int = 64) -> nn.Module:
    """A net of one step, `b`, on a map of 12x12."""
    spec = folder / "net.res"
    spec.write_text(f"use std: {names}\nmodel net {{\n  input {channels}x12x12\n  b: {step}\n}}\n", encoding="utf-8")
    return resdsl.load(spec).module()


def _agree(ours: nn.Module, peer: nn.Module) -> None:
    """Equal keys below `b`, and with equal weights equal outputs, gradients and statistics in training."""
    ours.load_state_dict({f"b.{key}": value for key, value in peer.state_dict().items()}, strict=True)
    x = torch.randn(2, 64, 12, 12)
    y, expected = ours.train()(x), peer.train()(x)
    assert differing({"output": y}, {"output": expected}, TOLERANCE) == []
    weights = torch.linspace(-1, 1, y.numel()).view_as(y)
    (y * weights).sum().backward()
    (expected * weights).sum().backward()
    gradients = {name.removeprefix("b."): p.grad for name, p in ours.named_parameters() if p.grad is not None}
    reference = {name: p.grad for name, p in peer.named_parameters() if p.grad is not None}
    floor = 1e-7 * max(g.abs().max().item() for g in reference.values())
    assert differing(gradients, reference, TOLERANCE, floor) == []
    statistics = {name.removeprefix("b."): b for name, b in ours.named_buffers()}
    assert differing(statistics, dict(peer.named_buffers()), TOLERANCE) == []


def _torchvision(module: str) -> Callable[..., nn.Module]:
    torchvision_models()
    place, _, name = module.rpartition(".")
    build: Callable[..., nn.Module] = getattr(importlib.import_module(place), name)
    return build


def _projection(width: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(64, width, 1, stride, bias=False), nn.BatchNorm2d(width))


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("dilation", [1, 2])
def test_bottleneck(tmp_path: Path, stride: int, dilation: int) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "bottleneck", f"bottleneck(32, stride={stride}, dilation={dilation}, groups=4, base=32)")
    peer = _torchvision("torchvision.models.resnet.Bottleneck")(
        64, 32, stride, _projection(128, stride), groups=4, base_width=32, dilation=dilation
    )
    _agree(ours, peer)


@pytest.mark.parametrize(("width", "stride"), [(64, 1), (128, 2)])
def test_basic(tmp_path: Path, width: int, stride: int) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "basic", f"basic({width}, stride={stride})")
    downsample = None if stride == 1 else _projection(width, stride)
    _agree(ours, _torchvision("torchvision.models.resnet.BasicBlock")(64, width, stride, downsample))


def test_inception(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "inception", "inception(16, 24, 32, 4, 8, 8, k5=3)")
    _agree(ours, _torchvision("torchvision.models.googlenet.Inception")(64, 16, 24, 32, 4, 8, 8))


def test_squeeze_excite(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "squeeze_excite", "squeeze_excite(4)")
    _agree(ours, _torchvision("torchvision.ops.misc.SqueezeExcitation")(64, 16))


def test_dense_bottleneck(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "dense_bottleneck", "dense_bottleneck(12)")

    class Peer(_torchvision("torchvision.models.densenet._DenseLayer")):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cat([x, super().forward(x)], 1)

    _agree(ours, Peer(64, 12, 4, 0.0))


def test_transition(tmp_path: Path) -> None:
    torch.manual_seed(0)
    ours = _block(tmp_path, "transition", "transition")
    _agree(ours, _torchvision("torchvision.models.densenet._Transition")(64, 32))


@pytest.mark.parametrize("policy", ["pad", "pad_average"])
@pytest.mark.parametrize(("width", "stride"), [(64, 1), (96, 1), (96, 2)])
def test_option_a(tmp_path: Path, policy: str, width: int, stride: int) -> None:
    """Strided positions (or averages of windows), zeros after the channels there are; no weights."""
    torch.manual_seed(0)
    ours = _block(tmp_path, policy, f"{{ residual {{ conv(3, {width}, stride={stride}) }} shortcut {policy} }}")
    assert list(ours.state_dict()) == ["b.conv1.weight"]
    x = torch.randn(2, 64, 12, 12)
    shortcut = x[..., ::stride, ::stride] if policy == "pad" else functional.avg_pool2d(x, stride)
    main = functional.conv2d(x, ours.state_dict()["b.conv1.weight"], stride=stride, padding=1)
    main[:, :64] += shortcut
    assert differing({"y": ours(x)}, {"y": main}, TOLERANCE) == []


def test_projections(tmp_path: Path) -> None:
    """Which policies have weights where nothing changes, and where the shape does."""
    keys = {}
    for policy in ("project", "project_always", "project_average"):
        for width in (64, 96):
            ours = _block(tmp_path, policy, f"{{ residual {{ conv(3, {width}) }} shortcut {policy} }}")
            keys[policy, width] = [key for key, _ in ours.named_parameters() if "downsample" in key]
    there = ["b.downsample.0.weight", "b.downsample.1.weight", "b.downsample.1.bias"]
    assert keys == {
        ("project", 64): [],
        ("project", 96): there,
        ("project_always", 64): there,
        ("project_always", 96): there,
        ("project_average", 64): [],
        ("project_average", 96): there,
    }


@pytest.mark.parametrize(("width", "stride"), [(64, 1), (96, 2)])
def test_pre_activation(tmp_path: Path, width: int, stride: int) -> None:
    """The projection sees the activated value; the identity path is bare."""
    torch.manual_seed(0)
    ours = _block(tmp_path, "pre_basic", f"pre_basic({width}, stride={stride})")
    state = ours.state_dict()
    x = torch.randn(2, 64, 12, 12)
    a = functional.relu(functional.batch_norm(x, None, None, state["b.bn1.weight"], state["b.bn1.bias"], training=True))
    h = functional.conv2d(a, state["b.conv1.weight"], stride=stride, padding=1)
    h = functional.relu(functional.batch_norm(h, None, None, state["b.bn2.weight"], state["b.bn2.bias"], training=True))
    shortcut = x if stride == 1 else functional.conv2d(a, state["b.downsample.0.weight"], stride=stride)
    expected = functional.conv2d(h, state["b.conv2.weight"], padding=1) + shortcut
    assert differing({"y": ours.train()(x)}, {"y": expected}, TOLERANCE) == []


def test_highway(tmp_path: Path) -> None:
    """y = T * H + (1 - T) * x, with a gate whose bias begins at -2."""
    torch.manual_seed(0)
    ours = _block(tmp_path, "highway", "highway(64)")
    state = ours.state_dict()
    assert torch.equal(state["b.conv2.bias"], torch.full((64,), -2.0))
    x = torch.randn(2, 64, 12, 12)
    h = functional.relu(functional.conv2d(x, state["b.conv1.weight"], state["b.conv1.bias"], padding=1))
    t = torch.sigmoid(functional.conv2d(x, state["b.conv2.weight"], state["b.conv2.bias"], padding=1))
    assert differing({"y": ours(x)}, {"y": t * h + (1 - t) * x}, TOLERANCE) == []
