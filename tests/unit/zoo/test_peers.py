"""Running a network beside its peer finds wrong weights, and says so where a library is not there."""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from resdsl import zoo
from resdsl.cli import main
from resdsl.runtime import peers


@pytest.mark.parametrize("name", ["preresnet20_cifar10", "resnet18"])
def test_a_network_beside_its_peer(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["zoo", "verify", name, "--peers"]) == 0
    line = capsys.readouterr().out.splitlines()[0]
    assert line.startswith(f"equal {name}: ")
    assert f"{zoo.references()[name].peer}: " in line
    assert line.endswith("bit-equal") or "relative difference" in line


def _net(change: Callable[[nn.Sequential], None] = lambda _: None) -> nn.Sequential:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5), nn.Conv2d(4, 2, 3))
    change(net)
    return net


def _compare(peer: nn.Module) -> peers.Agreement:
    names = {key: key for key in _net().state_dict()}
    return peers.compare(_net(), peer, names, (2, 3, 8, 8))


def test_equal_nets_agree_whatever_their_dropout() -> None:
    assert _compare(_net()) == peers.Agreement(0.0, "train output")


def _shift(net: nn.Sequential) -> None:
    """Right in training and wrong in eval."""
    net.get_buffer("1.running_mean").add_(1.0)


def _momentum(net: nn.Sequential) -> None:
    net[1].momentum = 0.2


def _halve(net: nn.Sequential) -> None:
    """The gradient alone differs."""
    weight = net.get_parameter("3.weight")
    weight.register_hook(lambda gradient: gradient / 2)


def _freeze(net: nn.Sequential) -> None:
    net.get_parameter("3.bias").requires_grad_(False)


def _lose(net: nn.Sequential) -> None:
    with torch.no_grad():
        net.get_parameter("3.bias").fill_(math.nan)


@pytest.mark.parametrize(
    ("change", "where"),
    [
        (_shift, "eval output|statistic"),
        (_momentum, "eval output|statistic"),
        (_halve, "gradient of 3.weight"),
        (_freeze, "gradient of 3.bias, which one side alone has"),
        (_lose, "output"),
    ],
)
def test_differences_are_found(change: Callable[[nn.Sequential], None], where: str) -> None:
    agreement = _compare(_net(change))
    assert not agreement.holds
    assert any(part in agreement.where for part in where.split("|"))


def test_outputs_of_other_names_and_numbers() -> None:
    class Two(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"logits": x, "aux_logits1": 2 * x}

    class Other(nn.Module):
        def forward(self, x: Tensor) -> dict[str, Tensor]:
            return {"aux1": 2 * x, "output": x}

    class One(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x

    def with_weight(module: nn.Module) -> nn.Module:
        return nn.Sequential(_net(), module)

    names = {key: key for key in with_weight(Two()).state_dict()}
    assert peers.compare(with_weight(Two()), with_weight(Other()), names, (2, 3, 8, 8)).holds
    assert peers.compare(with_weight(Two()), with_weight(One()), names, (2, 3, 8, 8)).worst == math.inf


def test_a_library_that_is_not_there(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> ModuleType:
        raise ModuleNotFoundError(f"No module named {name!r}")

    monkeypatch.setattr(importlib, "import_module", absent)
    assert main(["zoo", "verify", "resnet18", "--peers"]) == 0
    out, err = capsys.readouterr()
    assert "torchvision:resnet18 not compared" in out
    assert "torchvision" in err


def test_wrong_weights_are_an_error(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    compare = peers.compare

    def spoiled(ours: nn.Module, *rest: object) -> peers.Agreement:
        with torch.no_grad():
            next(ours.parameters()).mul_(1.01)
        return compare(ours, *rest)

    monkeypatch.setattr(peers, "compare", spoiled)
    assert main(["zoo", "verify", "preresnet20_cifar10", "--peers"]) == 1
    assert capsys.readouterr().out.startswith("DIFFERS preresnet20_cifar10: pytorchcv:preresnet20_cifar10: ")
