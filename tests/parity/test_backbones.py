"""Backbones, feature pyramids and face embeddings beside torchvision's parts, and beside what is written out here.

Embeddings in float64: they are normalised over the few inputs of a batch, which magnifies what rounding leaves.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

import resdsl
from tests.parity._agree import assert_agree, paired, share, without_dropout
from tests.parity._peers import torchvision_models

MAPS = {"c2": "layer1", "c3": "layer2", "c4": "layer3", "c5": "layer4"}
DENSE_MAPS = {"c2": "denseblock1", "c3": "denseblock2", "c4": "denseblock3", "c5": "norm5"}
LEVELS = {"p2": "c2", "p3": "c3", "p4": "c4", "p5": "c5", "p6": "pool"}
TRUNKS = {"resnet50": "resnet50", "resnext50": "resnext50_32x4d", "densenet121": "densenet121"}


class _Maps(nn.Module):
    """torchvision's trunk, and its maps C2 to C5 by name. A DenseNet applies ReLU to the last one."""

    def __init__(self, trunk: str) -> None:
        super().__init__()
        build: Callable[..., nn.Module] = getattr(torchvision_models(), TRUNKS[trunk])
        getter: Callable[..., nn.Module] = importlib.import_module("torchvision.models._utils").IntermediateLayerGetter
        dense = trunk.startswith("densenet")
        net = build(weights=None)
        layers = {layer: name for name, layer in (DENSE_MAPS if dense else MAPS).items()}
        self.body = getter(net.features if dense else net, layers)
        self.dense = dense

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        maps: dict[str, Tensor] = self.body(x)
        if self.dense:
            maps["c5"] = functional.relu(maps["c5"])
        return maps


class _Pyramid(nn.Module):
    """torchvision's feature pyramid on those maps."""

    def __init__(self, trunk: str) -> None:
        super().__init__()
        maps = _Maps(trunk)
        network = importlib.import_module("torchvision.ops.feature_pyramid_network")
        channels = [256, 512, 1024, 1024] if maps.dense else [256, 512, 1024, 2048]
        self.maps = [maps]  # in a list, so that keys begin with `body` only
        self.body = maps.body
        self.fpn = network.FeaturePyramidNetwork(channels, 256, extra_blocks=network.LastLevelMaxPool())

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        levels: dict[str, Tensor] = self.fpn(self.maps[0](x))
        return levels


class _Face(nn.Module):
    """BN, dropout, FC and BN after the last map: arXiv:1801.07698, section 3.1."""

    def __init__(self, trunk: str) -> None:
        super().__init__()
        maps = _Maps(trunk)
        channels, side = (1024, 3) if maps.dense else (2048, 4)
        self.maps = [maps]
        self.body = maps.body
        self.head = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Dropout(0.4),
            nn.Flatten(),
            nn.Linear(channels * side * side, 512),
            nn.BatchNorm1d(512),
        )

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.head(self.maps[0](x)["c5"])
        return y / y.square().sum(1, keepdim=True).sqrt()


def _assert_equal_nets(name: str, peer: nn.Module, x: Tensor, outputs: dict[str, str]) -> None:
    """The same keys, and with the same weights the same function, in the precision of `x`."""
    ours = without_dropout(resdsl.load(name).module().to(x.dtype))
    without_dropout(peer.to(x.dtype))
    assert ours.state_dict().keys() == peer.state_dict().keys()
    names = paired(ours, peer)
    share(ours, peer, names)
    assert_agree(ours, peer, x, names, outputs)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_backbone(trunk: str) -> None:
    torch.manual_seed(0)
    _assert_equal_nets(f"{trunk}_backbone", _Maps(trunk), torch.randn(2, 3, 64, 64), {})


@pytest.mark.parametrize("trunk", TRUNKS)
def test_feature_pyramid(trunk: str) -> None:
    torch.manual_seed(0)
    _assert_equal_nets(f"{trunk}_fpn", _Pyramid(trunk), torch.randn(2, 3, 64, 64), LEVELS)


@pytest.mark.parametrize("trunk", TRUNKS)
def test_face_embedding(trunk: str) -> None:
    torch.manual_seed(0)
    x = torch.randn(3, 3, 112, 112, dtype=torch.float64)
    _assert_equal_nets(f"{trunk}_face", _Face(trunk), x, {})
