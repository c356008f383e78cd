"""Networks that no library has, beside renderings written from the papers and the authors' code (`renderings/`).

Weights go from one to the other by order and shape. Dropout is drawn from the same seed on both sides. All is in
float64, for a rendering adds and multiplies in another order. Nets of a thousand layers are compared in eval only.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import resdsl
from tests.parity._agree import assert_agree, paired, share
from tests.parity._compare import differing
from tests.parity.renderings import highway, identity_mappings

TOLERANCE = 1e-5

HIGHWAY = {
    "highway19_cifar10": lambda: highway.cifar19(10),
    "highway19_cifar100": lambda: highway.cifar19(100),
    "highway10_mnist": lambda: highway.mnist10(32),
    "highway10_w16_mnist": lambda: highway.mnist10(16),
    "highway_fc10_mnist": lambda: highway.fully_connected(10),
    "highway_fc20_mnist": lambda: highway.fully_connected(20),
    "highway_fc50_mnist": lambda: highway.fully_connected(50),
    "highway_fc100_mnist": lambda: highway.fully_connected(100),
    "plain_fc10_mnist": lambda: highway.plain_fully_connected(10),
    "plain_fc20_mnist": lambda: highway.plain_fully_connected(20),
    "plain_fc50_mnist": lambda: highway.plain_fully_connected(50),
    "plain_fc100_mnist": lambda: highway.plain_fully_connected(100),
}
UNITS = {
    "resnet110_scaled_shortcut_cifar10": identity_mappings.ScaledShortcut,
    "resnet110_scaled_cifar10": identity_mappings.Scaled,
    "resnet110_gated_cifar10": identity_mappings.ExclusiveGate,
    "resnet110_gated_shortcut_cifar10": identity_mappings.ShortcutGate,
    "resnet110_c_cifar10": identity_mappings.ConvShortcut,
    "resnet110_dropped_shortcut_cifar10": identity_mappings.DropoutShortcut,
    "resnet110_bn_after_cifar10": identity_mappings.BnAfterAddition,
    "resnet110_relu_before_cifar10": identity_mappings.ReluBeforeAddition,
    "preresnet110_relu_cifar10": identity_mappings.ReluPreActivation,
    "preresnet110_a_cifar10": identity_mappings.FullPreActivation,
}


def _prepared(name: str, build: Callable[[], nn.Module]) -> tuple[nn.Module, nn.Module, dict[str, str]]:
    """Our net and its rendering with the same weights; both draw their dropout from the same seed."""
    torch.manual_seed(0)
    ours, rendering = resdsl.load(name).module().double(), build().double()
    names = paired(ours, rendering)
    share(ours, rendering, names)
    for module in (ours, rendering):
        module.register_forward_pre_hook(_seed)
    return ours, rendering, names


def _seed(*_: object) -> None:
    torch.manual_seed(1)


def _images(name: str) -> Tensor:
    """Two inputs, CIFAR's of 8x8 where the net ends on a global average."""
    torch.manual_seed(2)
    small = (3, 32, 32) if name.startswith("highway") else (3, 8, 8)
    shape = (784,) if "_fc" in name else (1, 28, 28) if "mnist" in name else small
    return torch.randn(2, *shape, dtype=torch.float64)


@pytest.mark.parametrize("name", HIGHWAY)
def test_highway(name: str) -> None:
    ours, rendering, names = _prepared(name, HIGHWAY[name])
    assert_agree(ours, rendering, _images(name), names)


@pytest.mark.parametrize("name", UNITS)
def test_identity_mappings(name: str) -> None:
    ours, rendering, names = _prepared(name, lambda: identity_mappings.ResNet110(UNITS[name]))
    if "gated" in name:
        _open_gates(ours)
    assert_agree(ours, rendering, _images(name), names)


def _open_gates(module: nn.Module) -> None:
    """Half open instead of at sigmoid(-6), so that both sides of a gate count."""
    with torch.no_grad():
        for key, bias in module.named_parameters():
            if key.endswith("conv1.bias"):
                assert torch.equal(bias, torch.full_like(bias, -6))
                bias.zero_()


def test_the_authors_pre_activation_net() -> None:
    ours, rendering, names = _prepared("preresnet164_cifar10", lambda: identity_mappings.lua_resnet(164))
    assert_agree(ours, rendering, _images("preresnet164_cifar10"), names)


def test_the_authors_pre_activation_net_of_1001_layers() -> None:
    ours, rendering, _ = _prepared("preresnet1001_cifar10", lambda: identity_mappings.lua_resnet(1001))
    x = _images("preresnet1001_cifar10")
    with torch.no_grad():
        assert differing({"y": ours.eval()(x)}, {"y": rendering.eval()(x)}, TOLERANCE) == []


@pytest.mark.parametrize(
    ("name", "bias"), [("highway19_cifar10", -2), ("highway10_mnist", -1), ("highway_fc20_mnist", -2)]
)
def test_highway_initialisation(name: str, bias: float) -> None:
    """He's normal filler by fan-in for H and T, biases 0 but the gates'; the first CIFAR filter has deviation 1."""
    torch.manual_seed(0)
    state = resdsl.load(name).module().state_dict()
    gates = [key for key in state if key.startswith("layer") and ("conv2." in key or "linear2." in key)]
    assert len(gates) > 2
    for key, value in state.items():
        if key.endswith(".bias"):
            assert torch.equal(value, torch.full_like(value, bias if key in gates else 0)), key
        elif key.startswith("layer"):
            expected = (2 / value[0].numel()) ** 0.5
            assert abs(value.std().item() / expected - 1) < 6 / value.numel() ** 0.5, key
    if name == "highway19_cifar10":
        assert abs(state["conv1.weight"].std().item() - 1) < 6 / state["conv1.weight"].numel() ** 0.5
