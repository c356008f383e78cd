"""Memory of torchvision's own modules against PyTorch: what is saved for the backward pass, and the allocator."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import resdsl
from resdsl.analysis.memory import Kept, activations, live_bytes
from resdsl.analysis.peak import Footprint, Peak
from tests.parity._allocator import Step, most_allocated
from tests.parity._live import most_alive
from tests.parity.test_torchvision import CLASSES, PEERS, _peer

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


SCALARS = 16
"""Bytes of the loss, its gradient and an optimizer's divisor, which no figure counts."""


def grown(peak: Peak) -> int:
    """What a step that begins without gradients adds to weights and state at its most."""
    return peak.total - peak.weights - peak.optimizer


def check_peaks(net: resdsl.Architecture, module: nn.Module, batch: int, *, inference: bool = True) -> None:
    """Training without and with gradients, and inference, to the byte; kernels' scratch memory comes on top."""
    x = torch.randn(batch, *(int(n) for n in net.summary().input.split("x")))
    step, predicted = Step(module, x), net.memory(batch)
    first = most_allocated(step.train)
    assert 0 <= first.bytes + x.nbytes - grown(predicted.first) <= SCALARS
    assert first.with_scratch >= first.bytes
    step.forget(gradients=False)
    there = sum(weight.nbytes for weight in module.parameters())
    second = most_allocated(step.train)
    assert 0 <= second.bytes + x.nbytes + there - grown(predicted.accumulating) <= SCALARS
    if inference:
        step.forget(gradients=True)
        assert most_allocated(step.infer).bytes + x.nbytes == predicted.inference.activations


@pytest.mark.parametrize(
    ("name", "batch"),
    [
        ("resnet18", 2),
        ("resnet50", 2),
        ("resnext50_32x4d", 1),
        ("googlenet", 2),
        ("densenet121", 1),  # where a part of a gradient has no gaps, and is summed in place
        ("densenet121", 2),
        ("vgg11", 1),
    ],
)
def test_the_allocator_gives_torchvision_what_is_predicted(name: str, batch: int) -> None:
    """Torchvision's DenseNet holds a list of its maps in eval, where ours has one map that grows."""
    size = 32 if name == "vgg11" else 64
    net = resdsl.load(name, input=(3, size, size), classes=CLASSES)
    module = _peer(PEERS[name], CLASSES).to_empty(device="cpu")
    for tensor in module.state_dict().values():
        tensor.zero_()
    check_peaks(net, module, batch, inference=not name.startswith("densenet"))


@pytest.mark.parametrize(
    "name",
    ["resnet20_cifar10", "highway19_cifar10", "densenet_bc40_12_cifar10", "preresnet20_cifar10", "highway_fc20_mnist"],
)
def test_the_allocator_gives_generated_modules_what_is_predicted(name: str) -> None:
    net = resdsl.load(name)
    check_peaks(net, net.module(), 2, inference=False)


FORKS = """model net {
  input 4x16x16
  shared again: conv(3, 8)
  conv(3, 8)
  keep early
  relu -> again -> bn -> again
  residual { bn -> relu -> conv(3, 8) } gate { conv(1, 8) -> sigmoid }
  concat {
    | conv(3, 8)
    | conv(1, 4)
    | maxpool(3, stride=1)
  }
  concat {
    | slice(0, 8) -> relu6
    | slice(8, 20) -> silu
    | identity
  }
  keep late
  conv(1, 8)
  add {
    | identity
    | from early
  }
  keep total
  output total, late
}
"""


def test_forks_slices_shared_weights_and_several_outputs(tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text(FORKS)
    for batch in (1, 2):
        net = resdsl.load(path)
        check_peaks(net, net.module(), batch, inference=False)


STEPS = [
    "relu6", "silu", "hardswish", "hardsigmoid", "elu", "leaky_relu", "gelu", "prelu", "tanh", "softplus",
    "softmax", "gn(4)", "instance_norm", "dropout(0.5)", "dropout_maps(0.5)", "scale(2)", "complement",
    "shuffle(2)", "space_to_depth(2)", "upsample(2)", "resize(to=9)", "deconv(8, 2)", "maxpool(2)", "avgpool(3)",
    "avgpool", "channel_mean", "pad_channels(16)", "slice(2, 5)",
]  # fmt: skip


@pytest.mark.parametrize("step", STEPS)
def test_a_step_between_convolutions(step: str, tmp_path: Path) -> None:
    path = tmp_path / "net.res"
    path.write_text(f"model net {{ input 3x16x16\n conv(3, 8)\n {step}\n conv(1, 8) }}")
    net = resdsl.load(path)
    check_peaks(net, net.module(), 2, inference=False)


OPTIMIZERS: dict[str, Callable[[nn.Module], torch.optim.Optimizer]] = {
    "sgd": lambda module: torch.optim.SGD(module.parameters(), 0.1),
    "momentum": lambda module: torch.optim.SGD(module.parameters(), 0.1, momentum=0.9),
    "adam": lambda module: torch.optim.Adam(module.parameters()),
}


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize("name", ["resnet20_cifar10", "plain_fc10_mnist"])
def test_with_an_optimizer(name: str, optimizer: str) -> None:
    """The peak of the one is in the backward pass, of the other in the optimizer's step."""
    net = resdsl.load(name)
    module = net.module()
    x = torch.randn(2, *(int(n) for n in net.summary().input.split("x")))
    step, predicted = Step(module, x, OPTIMIZERS[optimizer](module)), net.memory(2, optimizer=optimizer)
    there = sum(tensor.nbytes for tensor in module.state_dict().values()) + x.nbytes
    assert step.optimizer is not None
    assert 0 <= most_allocated(step.train).bytes + there - predicted.first.total <= SCALARS
    there += sum(
        tensor.nbytes for state in step.optimizer.state.values() for tensor in state.values() if tensor is not None
    )
    step.forget(gradients=True)
    assert 0 <= most_allocated(step.train).bytes + there - predicted.training.total <= SCALARS
    step.forget(gradients=False)
    there += sum(weight.nbytes for weight in module.parameters())
    assert 0 <= most_allocated(step.train).bytes + there - predicted.accumulating.total <= SCALARS


def test_dropped_branches_need_no_more_than_is_predicted() -> None:
    net = resdsl.load("stochastic_depth110_cifar10")
    torch.manual_seed(0)
    step = Step(net.module(), torch.randn(1, 3, 32, 32))
    found = most_allocated(step.train).bytes + step.x.nbytes
    assert 0.5 * grown(net.memory().first) < found < grown(net.memory().first)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float64])
def test_peaks_in_another_type(dtype: torch.dtype) -> None:
    net = resdsl.load("resnet20_cifar10")
    step = Step(net.module(dtype=dtype), torch.randn(2, 3, 32, 32, dtype=dtype))
    predicted = net.memory(2, str(dtype).removeprefix("torch."))
    assert 0 <= most_allocated(step.train).bytes + step.x.nbytes - grown(predicted.first) <= SCALARS


def test_the_largest_batch_fits_and_one_more_does_not() -> None:
    footprint = Footprint(resdsl.load("resnet20_cifar10").ir)
    found = footprint.largest(100_000_000, optimizer="adam")
    for more, fits in ((0, True), (1, False)):
        assert (footprint.memory(found.training + more, optimizer="adam").training.total <= found.bytes) is fits
        assert (footprint.memory(found.inference + more).inference.total <= found.bytes) is fits
    assert footprint.largest(1_000).training == footprint.largest(1_000).inference == 0
