"""Networks that pytorchcv has too: with the same weights, given by order and shape, the same function.

Inputs are small (a CIFAR net ends on 2x2 positions), and the peer shares our weights' memory.
"""

from __future__ import annotations

import pytest
import torch
from torch import nn

import resdsl
from tests.parity._agree import assert_agree, assert_is_peer, paired, peers, share
from tests.parity._peers import pytorchcv_model

# The rows of the table that name a peer, and networks whose row names a peer in another library.
PEERS = peers("pytorchcv") | {
    "resnet50": "resnet50b",
    "preresnet200": "preresnet200",
    "resnext101_32x4d": "resnext101_32x4d",
    "densenet121": "densenet121",
}


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients(name: str) -> None:
    assert_is_peer(name, pytorchcv_model, PEERS[name], 8 if "cifar" in name else 64)


def _seed(*_: object) -> None:
    """Both draw the same elements to drop."""
    torch.manual_seed(1)


def test_wide_nets_drop_between_their_convolutions() -> None:
    """arXiv:1605.07146, figure 1(d): after the second ReLU of each unit. The peer has no dropout: it is put in."""
    torch.manual_seed(0)
    ours = resdsl.load("wrn16_10_cifar10", drop=0.3).module()
    peer = pytorchcv_model("wrn16_10_cifar10")
    for unit in peer.modules():
        body = getattr(unit, "body", None)
        if body is not None:
            body.conv2.activ = nn.Sequential(nn.ReLU(), nn.Dropout(0.3))
    names = paired(ours, peer)
    share(ours, peer, names)
    for net in (ours, peer):
        net.register_forward_pre_hook(_seed)
    assert_agree(ours, peer, torch.randn(2, 3, 8, 8), names)
