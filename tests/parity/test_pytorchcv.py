"""Networks that pytorchcv has too: with the same weights, given by order and shape, the same function.

Inputs are small (a CIFAR net ends on 2x2 positions), and the peer shares our weights' memory.
"""

from __future__ import annotations

import csv

import pytest
import torch

import resdsl
from resdsl.resources import root
from tests.parity._agree import assert_agree, paired, share, without_dropout
from tests.parity._peers import pytorchcv_model

CLASSES = 10
LIBRARY = "pytorchcv:"

# The rows of the table that name a peer, and networks whose row names a peer in another library.
PEERS = {
    row["zoo"]: row["peer"].removeprefix(LIBRARY)
    for row in csv.DictReader((root("specs") / "figures.csv").read_text(encoding="utf-8").splitlines())
    if row["peer"].startswith(LIBRARY)
} | {
    "resnet50": "resnet50b",
    "preresnet200": "preresnet200",
    "resnext101_32x4d": "resnext101_32x4d",
    "densenet121": "densenet121",
}


@pytest.mark.parametrize("name", PEERS)
def test_outputs_and_gradients(name: str) -> None:
    torch.manual_seed(0)
    ours = without_dropout(resdsl.load(name, classes=CLASSES).module())
    with torch.device("meta"):
        peer = without_dropout(pytorchcv_model(PEERS[name], num_classes=CLASSES))
    names = paired(ours, peer)
    share(ours, peer, names)
    size = 8 if "cifar" in name else 64
    assert_agree(ours, peer, torch.randn(2, 3, size, size), names)
