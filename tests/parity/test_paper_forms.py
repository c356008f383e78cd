"""AlexNet and GoogLeNet as their papers have them, beside renderings of those papers (`renderings/`)."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import nn

import resdsl
from tests.parity._agree import assert_agree, paired, share
from tests.parity.renderings.alexnet import AlexNet
from tests.parity.renderings.googlenet import GoogLeNet

CLASSES = 10


def _seed(*_: object) -> None:
    """Both draw the same elements to drop."""
    torch.manual_seed(1)


@pytest.mark.parametrize(("name", "build"), [("alexnet_paper", AlexNet), ("googlenet_paper", GoogLeNet)])
def test_agree(name: str, build: Callable[[int], nn.Module]) -> None:
    torch.manual_seed(0)
    ours, rendering = resdsl.load(name, classes=CLASSES).module(), build(CLASSES)
    names = paired(ours, rendering)
    for key, weight in ours.named_parameters():  # larger than at the start, so that responses are worth normalising
        nn.init.normal_(weight, std=0.1 if key.endswith("bias") else (2 / weight[0].numel()) ** 0.5)
    share(ours, rendering, names)
    for module in (ours, rendering):
        module.register_forward_pre_hook(_seed)
    assert_agree(ours, rendering, 20 * torch.randn(1, 3, 224, 224), names)


def test_auxiliary_losses_weigh_what_the_paper_says() -> None:
    """Section 5: the losses of the auxiliary classifiers are weighted by 0.3."""
    net = resdsl.load("googlenet_paper", classes=CLASSES).module().train()
    result = net(torch.zeros(1, 3, 224, 224))
    assert dict(zip(result._fields, result.loss_weights, strict=True)) == {"output": 1, "aux1": 0.3, "aux2": 0.3}
