"""Networks that torchvision has too: the same keys and shapes, outputs, gradients and statistics.

Inputs are as small as the nets allow, so that all of this takes a minute or two on two cores. The peer is built on the
meta device and shares our weights' memory: VGG has half a gigabyte of them.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resdsl
from tests.parity._compare import differing
from tests.parity._peers import torchvision_models

CLASSES = 10
TOLERANCE = 1e-5
FLOOR = 1e-7  # of the net's largest gradient: some gradients are zero in theory

PEERS = {
    row["zoo"]: row["peer"].removeprefix("torchvision:")
    for row in csv.DictReader((Path(__file__).parent / "zoo.csv").read_text(encoding="utf-8").splitlines())
    if row["peer"].startswith("torchvision:")
}


def _peer(text: str, classes: int) -> nn.Module:
    """The peer that the table names (`resnet50(replace_stride_with_dilation=[False,True,True])`), without memory."""
    name, _, arguments = text.partition("(")
    options: dict[str, list[bool]] = {}
    if arguments:
        option, _, flags = arguments.removesuffix(")").partition("=")
        options[option] = [flag == "True" for flag in flags.strip("[]").split(",")]
    build: Callable[..., nn.Module] = getattr(torchvision_models(), name)
    with torch.device("meta"):
        return build(weights=None, num_classes=classes, **options)


def _size(name: str) -> int:
    """The smallest input: AlexNet's least, 1x1 before VGG's adaptive pool, 2x2 to normalise over in a ResNet's end."""
    return 64 if name == "alexnet" else 32 if name.startswith("vgg") else 48


def _without_dropout(module: nn.Module) -> nn.Module:
    for part in module.modules():
        if isinstance(part, nn.Dropout):
            part.p = 0.0
    return module


def _step(module: nn.Module, x: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
    """The output in training, and the gradients of a fixed function of it."""
    module.train()
    y = module(x)
    weights = torch.linspace(-1, 1, y.numel()).view_as(y)
    (y * weights).sum().backward()
    return y.detach(), {name: p.grad for name, p in module.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("name", PEERS)
def test_keys_and_shapes(name: str) -> None:
    peer = _peer(PEERS[name], classes=1000)
    with torch.device("meta"):
        ours = resdsl.load(name).module()
    expected = {key: (tuple(t.shape), t.dtype) for key, t in peer.state_dict().items()}
    assert {key: (tuple(t.shape), t.dtype) for key, t in ours.state_dict().items()} == expected
    assert {key for key, _ in ours.named_parameters()} == {key for key, _ in peer.named_parameters()}


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    architecture = resdsl.load(name, classes=CLASSES)
    ours = _without_dropout(architecture.module())
    peer = _without_dropout(_peer(PEERS[name], CLASSES))

    peer.load_state_dict(ours.state_dict(), strict=True, assign=True)
    ours.load_state_dict(peer.state_dict(), strict=True)
    for key, buffer in list(peer.named_buffers()):  # statistics are written to: each net has its own
        owner, _, leaf = key.rpartition(".")
        setattr(peer.get_submodule(owner), leaf, buffer.clone())

    x = torch.randn(2, 3, _size(name), _size(name))
    expected, expected_gradients = _step(peer, x)
    output, gradients = _step(ours, x)
    assert differing({"output": output}, {"output": expected}, TOLERANCE) == []
    assert gradients.keys() == dict(peer.named_parameters()).keys()
    floor = FLOOR * max(g.abs().max().item() for g in expected_gradients.values())
    assert differing(gradients, expected_gradients, TOLERANCE, floor) == []
    assert differing(dict(ours.named_buffers()), dict(peer.named_buffers()), TOLERANCE) == []

    ours.eval()
    peer.eval()
    with torch.no_grad():
        assert differing({"output": ours(x)}, {"output": peer(x)}, TOLERANCE) == []


@pytest.mark.parametrize("name", ["alexnet", "vgg11_bn", "resnet18", "wide_resnet50_2"])
def test_initialisation(name: str) -> None:
    """The same means and deviations as the peer's, as far as samples of this size can say; constants exactly."""
    torch.manual_seed(0)
    ours = resdsl.load(name, classes=CLASSES).module().state_dict()
    build: Callable[..., nn.Module] = getattr(torchvision_models(), PEERS[name])
    for key, reference in build(weights=None, num_classes=CLASSES).state_dict().items():
        deviation = reference.float().std().item() if reference.numel() > 1 else 0.0
        if deviation == 0:
            assert torch.equal(ours[key], reference), key
            continue
        slack = 6 / reference.numel() ** 0.5  # six standard errors of the difference of two samples
        assert abs(ours[key].std().item() / deviation - 1) < slack, key
        assert abs(ours[key].mean().item() - reference.mean().item()) < slack * 2**0.5 * deviation, key
