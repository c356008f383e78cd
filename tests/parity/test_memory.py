"""Activation memory against what PyTorch's hooks are shown of torchvision's own modules, at their full size."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.analysis.memory import Kept, activations, live_bytes
from tests.parity._live import most_alive
from tests.parity.test_torchvision import PEERS, _peer

BATCH = 2


def saved(module: nn.Module, x: Tensor) -> int:
    """Bytes that a step saves for its backward pass: every piece of memory once, weights apart.

    On the meta device nothing is computed, and what is saved is the same.
    """
    kept: dict[int, torch.UntypedStorage] = {}

    def keep(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage._cdata] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        result = module.train()(x)
    assert result is not None
    weights = {tensor.untyped_storage()._cdata for tensor in (*module.parameters(), *module.buffers())}
    return sum(storage.nbytes() for place, storage in kept.items() if place not in weights)


@pytest.mark.parametrize("name", PEERS)
def test_every_byte_of_torchvision(name: str) -> None:
    predicted = Kept.total(activations(resdsl.load(name).ir)).bytes(BATCH)
    actual = saved(_peer(PEERS[name], 1000), torch.zeros(BATCH, 3, 224, 224, device="meta"))
    assert predicted == actual


@pytest.mark.parametrize("name", ["densenet_bc100_12_cifar10", "highway19_cifar10", "resnet110_gated_cifar10"])
def test_every_byte_of_a_generated_module(name: str) -> None:
    net = resdsl.load(name)
    with torch.device("meta"):
        module = net.module()
    size = [int(n) for n in net.summary().input.split("x")]
    for dtype in (torch.float32, torch.float64):
        actual = saved(module.to(dtype), torch.zeros(BATCH, *size, device="meta", dtype=dtype))
        predicted = Kept.total(activations(net.ir)).bytes(BATCH, str(dtype).removeprefix("torch."))
        assert predicted == actual


ALIVE = ("alexnet", "vgg11", "googlenet", "resnet18", "resnet50", "resnet50_dilated", "resnext50_32x4d", "densenet121")


@pytest.mark.parametrize("name", ALIVE)
def test_what_is_alive_in_eval(name: str) -> None:
    """Ours may hold an input for one call more in a nested call; torchvision's DenseNet keeps a list of its maps."""
    net = resdsl.load(name)
    with torch.device("meta"):
        ours = net.module()
    size = (3, 224, 224)
    predicted = live_bytes(net.ir)
    assert predicted == pytest.approx(most_alive(ours, size), rel=0.15)
    if not name.startswith("densenet"):
        assert predicted == pytest.approx(most_alive(_peer(PEERS[name], 1000), size), rel=0.001)
